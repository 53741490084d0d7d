"""Charts: Vega-Lite specifications kept as JSON, filled with figures, drawn on the server.

`specs` holds what a chart is, `filling` puts figures and words in, `drawing` makes a picture of
it, `goals` and `figures` say which chart shows what.
"""
