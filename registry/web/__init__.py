"""The pages: what everybody may see of the registry, in Korean and in English.

Pages ask the same services as the API, in the same snapshot, and render what they answer; nothing
is selected or counted here. `site` wires everything, `pages` declares a page, `visitor` says who
looks at it.
"""
