"""What a GPU can serve: a model of its rate with a band, the physical bound, and what fits.

`replica` is the model, `bound` what no hardware exceeds and what a stated figure is held against,
`fitting` the smallest set of GPUs that a model fits on, `latency` the wait of a request, and
`training` the hours of a training run. Formulas: docs/methods/self-hosting.md and fine-tuning.md.
"""
