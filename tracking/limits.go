package tracking

// Limits of MLflow; lengths count characters, not bytes.
const (
	MaxKey              = 250
	MaxParamValue       = 6000  // longer values are cut
	MaxTagValue         = 8000  // longer values are cut
	MaxExperimentTag    = 20000 // longer values are refused
	MaxExperimentName   = 500
	MaxArtifactLocation = 2048
	MaxDatasetName      = 500
	MaxDatasetDigest    = 36
	MaxDatasetSource    = 65535
	MaxDatasetSchema    = 1048575
	MaxDatasetProfile   = 16777215
	MaxInputTagKey      = 255
	MaxInputTagValue    = 500

	MaxBatchMetrics  = 1000
	MaxBatchParams   = 100
	MaxBatchTags     = 100
	MaxBatchEntities = 1000 // metrics, params and tags together
	MaxBatchInputs   = 1000

	MaxModelName  = 500
	MaxModelKey   = 255    // of a model's param or tag, in any characters
	MaxModelValue = 100000 // of a model's param or tag; longer values are refused

	MaxRunsPage        = 50000
	MaxModelsPage      = 50000
	MaxExperimentsPage = 50000
	// Of one search; databases take so many conditions, joins and arguments.
	MaxSearchClauses  = 200
	MaxSearchKeys     = 30    // to sort by
	MaxSearchValues   = 25000 // experiments, and values in lists
	MaxSearchDatasets = 10

	MaxHistoryRuns   = 100   // runs of one bulk history
	MaxHistoryPoints = 25000 // points of one bulk history
	MaxSamplePoints  = 2500  // points of one run in a sample
)
