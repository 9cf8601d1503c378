// Package filter reads MLflow's search language: `metrics.loss < 0.3 AND
// params.model = 'mlp'` and `metrics.loss ASC` become values that a store can
// compile. It knows neither SQL nor HTTP.
package filter

// Entity is the kind of thing a clause looks at.
type Entity string

// What a clause can look at. Experiments know Attribute and Tag only, models all
// but Dataset.
const (
	Metric    Entity = "metric"    // the latest value of a metric; Key is any metric's name
	Param     Entity = "parameter" // a parameter's text
	Tag       Entity = "tag"       // a tag's text
	Attribute Entity = "attribute" // a column of the run or experiment; Key is one of the canonical names below
	Dataset   Entity = "dataset"   // a dataset among the inputs: Key is name, digest or context
)

// Canonical attribute keys. Aliases of MLflow ("created", "Run name", "user")
// have become these once a filter or an order is parsed.
const (
	RunID          = "run_id"
	RunName        = "run_name"
	UserID         = "user_id"
	RunStatus      = "status"
	StartTime      = "start_time" // milliseconds
	EndTime        = "end_time"   // milliseconds
	ArtifactURI    = "artifact_uri"
	ExperimentID   = "experiment_id"
	Name           = "name"
	CreationTime   = "creation_time"    // milliseconds
	LastUpdateTime = "last_update_time" // milliseconds
)

// Op is a comparison.
type Op string

// The comparisons. Which of them a clause may use follows from its entity and
// key; the parser refuses the others.
const (
	Eq        Op = "="
	Ne        Op = "!="
	Lt        Op = "<"
	Le        Op = "<="
	Gt        Op = ">"
	Ge        Op = ">="
	Like      Op = "LIKE"  // case-sensitive; % is any text, _ any one character, no escape
	ILike     Op = "ILIKE" // the same without case
	In        Op = "IN"
	NotIn     Op = "NOT IN"
	IsNull    Op = "IS NULL"     // the run or experiment has no such param or tag
	IsNotNull Op = "IS NOT NULL" // it has one, an empty text included
)

// Clause is one comparison. Exactly one of Number, Text and List has meaning:
// List with In and NotIn, none with IsNull and IsNotNull, Number when Numeric,
// else Text.
type Clause struct {
	Entity  Entity
	Key     string
	Op      Op
	Numeric bool // the comparison is between numbers: metrics and times
	Number  float64
	Text    string
	List    []string // not empty with In and NotIn
}

// Filter is a conjunction: every clause must hold. The empty filter holds
// always.
//
// A clause about a metric, param, tag or dataset that the run does not have
// does not hold, whatever its Op ("!=" and NOT IN included), IsNull excepted.
// A metric whose value is NaN satisfies only Ne.
type Filter []Clause

// Order is one key to sort by.
//
// Whatever the direction, runs without the key come last, and runs whose
// metric is NaN come between those with a value and those without.
type Order struct {
	Entity Entity // Dataset is never ordered by
	Key    string
	Desc   bool
}
