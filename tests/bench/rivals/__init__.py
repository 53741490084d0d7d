"""The same rows behind other frameworks, each as its own documentation would have it.

They check no key, keep no history and recount nothing: what they answer is the same JSON. What
they insert goes into copies of the tables, `bench_enrolment` and `bench_transaction`.
"""
