package tracking

import "context"

// API is what one caller may ask and write, in MLflow's words. Service.As gives
// it for an author; a decorator may narrow what its caller sees. Its errors are
// faults with MLflow's own texts.
type API interface {
	ExperimentAPI
	RunAPI
	LogAPI
	ReadAPI
	ArtifactAPI
	ModelAPI
}

// ExperimentAPI makes and changes experiments.
type ExperimentAPI interface {
	CreateExperiment(ctx context.Context, e NewExperiment) (id string, err error)
	Experiment(ctx context.Context, id string) (Experiment, error)
	ExperimentByName(ctx context.Context, name string) (Experiment, error)
	RenameExperiment(ctx context.Context, id, name string) error
	DeleteExperiment(ctx context.Context, id string) error
	RestoreExperiment(ctx context.Context, id string) error
	SetExperimentTag(ctx context.Context, id string, t Tag) error
	DeleteExperimentTag(ctx context.Context, id, key string) error
}

// RunAPI makes and changes runs.
type RunAPI interface {
	CreateRun(ctx context.Context, r NewRun) (Run, error)
	Run(ctx context.Context, id string) (Run, error)
	UpdateRun(ctx context.Context, id string, c RunChange) (Run, error)
	DeleteRun(ctx context.Context, id string) error
	RestoreRun(ctx context.Context, id string) error
}

// LogAPI writes into runs.
type LogAPI interface {
	LogMetric(ctx context.Context, run string, m Metric) error
	LogParam(ctx context.Context, run string, p Param) error
	SetTag(ctx context.Context, run string, t Tag) error
	DeleteTag(ctx context.Context, run, key string) error
	LogBatch(ctx context.Context, run string, b Batch) error
	LogInputs(ctx context.Context, run string, inputs []Input) error
}

// ReadAPI searches and reads points.
type ReadAPI interface {
	SearchExperiments(ctx context.Context, s ExperimentSearch) (ExperimentList, error)
	SearchRuns(ctx context.Context, s RunSearch) (RunList, error)
	History(ctx context.Context, s HistorySearch) (HistoryList, error)
	HistoryOf(ctx context.Context, runs []string, key string, limit int) ([]RunMetric, error)
	SampleHistory(ctx context.Context, q SampleQuery) ([]RunMetric, error)
}

// ArtifactAPI guards files. Paths are relative to the artifact root, clean and
// without a leading slash: "7/0a1b.../artifacts/model.pkl".
type ArtifactAPI interface {
	MayReadArtifact(ctx context.Context, path string) error
	MayWriteArtifact(ctx context.Context, path string) error
}

// NewExperiment asks for an experiment.
type NewExperiment struct {
	Name             string
	ArtifactLocation string // "" for the server's own
	Tags             []Tag
}

// NewRun asks for a run.
type NewRun struct {
	Experiment string // "" is Default
	Name       string // "" takes the tag mlflow.runName, else two random words and a number
	User       string
	Start      int64 // milliseconds since 1970; 0 when unknown
	Tags       []Tag
	RequestKey string // "" or the caller's own key of this request: the same key again gives the same run
}

// RunSearch asks for runs in MLflow's search language.
type RunSearch struct {
	Experiments []string
	View        View
	Filter      string
	OrderBy     []string
	Limit       int // 1 to MaxRunsPage
	Token       string
}

// RunList is a page of runs. Token asks for the next one, "" when there is none.
type RunList struct {
	Runs  []Run
	Token string
}

// ExperimentSearch asks for experiments in MLflow's search language.
type ExperimentSearch struct {
	View    View
	Filter  string
	OrderBy []string
	Limit   int // 1 to MaxExperimentsPage
	Token   string
}

// ExperimentList is a page of experiments. Token asks for the next one, "" when
// there is none.
type ExperimentList struct {
	Experiments []Experiment
	Token       string
}

// HistorySearch asks for the points of a metric.
type HistorySearch struct {
	Run, Key string
	Limit    int // 0 is no limit
	Token    string
}

// HistoryList is a page of points. Token asks for the next one, "" when there
// is none.
type HistoryList struct {
	Metrics []Metric
	Token   string
}
