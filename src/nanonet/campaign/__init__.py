"""Many runs: design, workspace, dispatch, status, collection into a dataset."""
