"""The Ray Serve application: an HTTP interface before a face detector and a model of the store."""
