package store

// The rows as they lie in the tables. Times are microseconds since 1970 in UTC,
// 0 for none; texts that hold JSON are "" for nil.

type sweepRow struct {
	No             int64 `gorm:"primaryKey"`
	ID             string
	Name           string
	Owner          string
	Experiment     int64
	Code           string
	State          string
	Why            string
	WhyCode        string
	Seq            int64
	Revision       int64
	Priority       int
	Weight         float64
	Parallel       int     // attempts queued or live at most, 0: no bound
	EditedParallel int     // as a person set it, 0: as the spec says
	VTime          float64 `gorm:"column:vtime"`
	CreateKey      *string

	Created   int
	Queued    int
	Running   int
	Completed int
	Stopped   int
	Failed    int
	Cancelled int
	Attempts  int
	Live      int
	Held      int
	Seconds   float64
	Readings  int64

	BestTrial int // number, 0: none yet
	BestValue float64
	BestStep  int64

	MadeAt    int64
	StartedAt int64
	EndedAt   int64
}

func (sweepRow) TableName() string { return "sweeps" }

type specRow struct {
	Sweep  int64 `gorm:"primaryKey"`
	Source string
	Spec   string
}

func (specRow) TableName() string { return "sweep_specs" }

type stageRow struct {
	No       int64 `gorm:"primaryKey"`
	Sweep    int64
	Idx      int
	Name     string
	State    string
	Why      string
	Budget   int
	Proposed int
	Output   string
	OpenedAt int64
	EndedAt  int64
	Seq      int64
}

func (stageRow) TableName() string { return "stages" }

type branchRow struct {
	No        int64 `gorm:"primaryKey"`
	Sweep     int64
	Stage     int64
	StageName string
	Idx       int
	Name      string
	EachItem  string
	Space     string
	Seed      int64
	Budget    int
	Shared    bool
	Proposed  int
	Exhausted bool
	IsOpen    bool
	Seq       int64
}

func (branchRow) TableName() string { return "branches" }

type trialRow struct {
	No             int64 `gorm:"primaryKey"`
	Sweep          int64
	Number         int
	Stage          int64
	StageName      string
	Branch         int64
	K              int
	Replicate      int
	UserID         string
	Name           string
	Point          string
	Hash           string
	Effective      string
	Proposer       string
	Note           string
	State          string
	Reason         string
	Value          *float64
	Best           *float64
	BestStep       int64
	Last           *float64 // NULL for NaN too: readings have it
	LastStep       int64
	Resource       int
	ReadingAttempt int // whose readings Best, Last and Resource are of
	Run            string
	RunNo          int64
	Seed           int64
	Attempts       int
	Ooms           int
	Losses         int
	Failures       int
	Failure        string
	Files          string
	MadeAt         int64
	StartedAt      int64
	EndedAt        int64
	Seconds        float64
	Seq            int64
}

func (trialRow) TableName() string { return "trials" }

type attemptRow struct {
	No          int64 `gorm:"primaryKey"`
	Trial       int64
	TrialNumber int
	Number      int
	Sweep       int64
	State       string
	Worker      string
	ClaimID     string
	Devices     string
	Effective   string
	StopAsked   bool
	StopReason  string
	CancelAsked bool
	Delivered   bool
	Bound       bool
	BoundBy     string // key of the request that did
	Renewed     bool
	Verdict     string
	Said        string // the verdict as the worker gave it
	Failure     string
	Peaks       string
	Priority    int
	VTime       float64 `gorm:"column:vtime"`
	Shape       int64
	NotBefore   int64
	QueuedAt    int64
	ClaimedAt   int64
	StartedAt   int64
	EndedAt     int64
	LeaseUntil  int64
	Seq         int64
}

func (attemptRow) TableName() string { return "attempts" }

type readingRow struct {
	Sweep   int64
	Seq     int64
	Trial   int64
	Number  int // of the trial
	Attempt int
	Step    int64
	Ordinal int
	Value   float64
	Kind    int
	At      int64
}

func (readingRow) TableName() string { return "readings" }

type decisionRow struct {
	No      int64 `gorm:"primaryKey"`
	Sweep   int64
	Seq     int64
	At      int64
	Actor   string
	Kind    string
	Trial   int
	Stage   string
	Branch  string
	Text    string
	Payload string
	Mark    *string // of what is recorded once
}

func (decisionRow) TableName() string { return "decisions" }

type runRow struct {
	No          int64 `gorm:"primaryKey"`
	ID          string
	Experiment  int64
	Name        string
	UserID      string
	Status      string
	StartMs     int64
	EndMs       int64
	Lifecycle   string
	DeletedMs   int64
	ArtifactURI string `gorm:"column:artifact_uri"`
	Owner       string
	Trial       int64 // 0 unless it is a trial's own run
	Sweep       int64
}

func (runRow) TableName() string { return "runs" }

type paramRow struct {
	Run     int64
	Key     string
	Value   string
	Number  *float64
	Attempt int
}

func (paramRow) TableName() string { return "params" }

type tagRow struct {
	Run   int64
	Key   string
	Value string
}

func (tagRow) TableName() string { return "tags" }
