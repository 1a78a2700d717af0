"""Pages through the 5,000 runs of the experiment `many`, as MlflowClient does it."""

from mlflow import MlflowClient

client = MlflowClient()
experiment = client.get_experiment_by_name("many").experiment_id
seen = []
token = None
while True:
    page = client.search_runs([experiment], order_by=["metrics.m DESC"], max_results=700, page_token=token)
    seen += [run.data.metrics["m"] for run in page]
    token = page.token
    if not token:
        break
assert seen == [float(value) for value in range(4999, -1, -1)], len(seen)
half = client.search_runs([experiment], "metrics.m >= 2500 AND params.odd = 'yes'", max_results=5000)
assert len(half) == 1250, len(half)
print("well")
