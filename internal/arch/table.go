package arch

// Module is the path that every package of the house starts with.
const Module = "github.com/sweepd/sweepd"

// room is one package's row of the import table.
//
// A package imports packages of lower levels, internal/fault, and its own parts
// (folders below it). It never imports its parent, a neighbour or anything above.
// So no circle can arise, and adapters (level 5) do not know each other.
type room struct {
	level int
	also  []string // exceptions, by name: may be imported whatever their level
	blind []string // lower packages that it must not see all the same
	only  []string // when set: the packages of the house it may see, and no others
	test  bool     // a suite or helper: imported by tests, suites and other helpers alone
}

// fault may be imported by everyone: it is the one error type.
const fault = "internal/fault"

// rooms is the import table. A package that is in no row fails the check: give
// it one, and with it a place in the house.
var rooms = map[string]room{
	// 6: flags, environment, wiring. The only place that sees everything.
	"cmd/sweepd": {level: 6},

	// 5: adapters, each towards one part of the outside world.
	"api":              {level: 5, blind: []string{"api/mlflow"}},
	"api/mlflow":       {level: 5, blind: []string{"trials", "trials/spec", "trials/view", "scheduler", "scheduler/plan", "search", "ensemble"}},
	"api/client":       {level: 5, also: []string{"api/wire"}},
	"api/wire":         {level: 5},
	"store":            {level: 5},
	"worker":           {level: 5, blind: []string{"scheduler", "scheduler/plan", "tracking", "tracking/filter", "trials/view", "ensemble"}},
	"worker/door":      {level: 5, blind: []string{"scheduler", "scheduler/plan"}},
	"worker/shim":      {level: 5, blind: []string{"scheduler", "scheduler/plan", "trials"}},
	"worker/warm":      {level: 5, blind: []string{"scheduler", "scheduler/plan"}},
	"engine/local":     {level: 5, also: []string{"worker"}},
	"tracking/mirror":  {level: 5},
	"internal/blob/s3": {level: 5},
	"web":              {level: 5, only: []string{}},

	// 4 and 3: time, and policy without time.
	"scheduler":      {level: 4},
	"scheduler/plan": {level: 3},

	// 2: the nouns of a sweep. They hold a run's ID as text and no more of tracking;
	// the trial's small MLflow is the one that knows both.
	"trials":      {level: 2, blind: []string{"tracking", "tracking/filter"}},
	"trials/spec": {level: 2, blind: []string{"tracking", "tracking/filter"}},
	"trials/view": {level: 2, also: []string{"trials"}},

	// 1: mathematics; the other nouns; a contract.
	"search":          {level: 1},
	"ensemble":        {level: 1},
	"tracking":        {level: 1},
	"tracking/filter": {level: 1},
	"engine":          {level: 1},
	"internal/preds":  {level: 1},

	// 0: what knows nothing of sweeps.
	fault:             {level: 0},
	"internal/expr":   {level: 0},
	"internal/blob":   {level: 0},
	"internal/auth":   {level: 0},
	"internal/pack":   {level: 0},
	"internal/pyjson": {level: 0},
	"internal/arch":   {level: 0},

	// Suites and helpers of tests. A suite sees what its subject sees, and its subject.
	"search/session":         {level: 1, also: []string{"search"}},
	"search/searchtest":      {level: 1, also: []string{"search"}, test: true},
	"tracking/trackingtest":  {level: 1, also: []string{"tracking"}, test: true},
	"engine/enginetest":      {level: 1, also: []string{"engine"}, test: true},
	"store/storetest":        {level: 5, also: []string{"store", "internal/pgtest"}, test: true},
	"internal/pgtest":        {level: 0, test: true},
	"internal/blob/blobtest": {level: 0, also: []string{"internal/blob"}, test: true},

	// The house seen from outside: what a user has - the client, with the nouns and
	// errors that it speaks in - and no short cuts.
	"e2e":   {level: 7, only: []string{"api/client", "api/wire", "trials", fault, "internal/pgtest"}, test: true},
	"bench": {level: 7, only: []string{"api/client", "api/wire", "trials", fault, "search"}},
}

// owners says which outside packages, by prefix, only some rooms may import;
// parts of a room count as the room.
var owners = map[string][]string{
	"gorm.io/":                         {"store"},
	"database/sql":                     {"store"},
	"github.com/pressly/goose":         {"store"},
	"modernc.org/sqlite":               {"store"},
	"github.com/jackc/pgx":             {"store", "internal/pgtest"},
	"github.com/labstack/echo":         {"api", "cmd/sweepd"},
	"github.com/getkin/kin-openapi":    {"api"},
	"github.com/go-resty/resty":        {"api/client", "tracking/mirror"},
	"github.com/minio/minio-go":        {"internal/blob/s3"},
	"github.com/expr-lang/expr":        {"internal/expr"},
	"github.com/alecthomas/kong":       {"cmd/sweepd"},
	"github.com/johannesboyne":         {"internal/blob/s3"},
	"github.com/prometheus/":           {"api", "cmd/sweepd"},
	"gonum.org/v1/gonum":               {"search", "ensemble", "internal/preds"},
	"github.com/sabhiram/go-gitignore": {"internal/pack"},
}

// unseen says which packages of the standard library a room must not see, itself
// included but not its suites: mathematics and policy have no clock, no file, no
// network. A prefix ending in "/" means everything below it.
var unseen = map[string][]string{
	"search":         {"time", "os", "os/", "io/fs", "net", "net/", "log", "log/", "syscall", "math/rand", "crypto/rand"},
	"ensemble":       {"time", "os", "os/", "io/fs", "net", "net/", "log", "log/", "syscall", "math/rand", "crypto/rand"},
	"scheduler/plan": {"os", "os/", "io/fs", "net", "net/", "log", "log/", "syscall", "math/rand", "crypto/rand"},
}

// word is a function that only some rooms may call; tests, suites and helpers
// may always.
type word struct {
	pkg   string
	names []string // empty: every function, except those in but
	but   []string
	in    []string // the rooms it concerns; empty: all but out
	out   []string
	why   string
}

var words = []word{
	{
		pkg: "os", names: []string{"Getenv", "LookupEnv", "ExpandEnv"}, out: []string{"cmd/sweepd", "bench"},
		why: "the environment is read in cmd/sweepd and passed on as values",
	},
	{
		pkg: "log/slog", names: []string{
			"Default", "SetDefault", "Debug", "Info", "Warn", "Error", "Log", "LogAttrs",
			"DebugContext", "InfoContext", "WarnContext", "ErrorContext",
		}, out: []string{"cmd/sweepd", "bench"},
		why: "a logger comes in as a field",
	},
	{
		pkg: "time", names: []string{"Now", "Since", "Until", "Sleep", "After", "NewTimer", "NewTicker", "Tick", "AfterFunc"}, in: []string{"scheduler/plan"},
		why: "the view carries Now",
	},
	{
		pkg: "math/rand/v2", but: []string{
			"New", "NewPCG", "NewChaCha8", "NewZipf", // constructors
			"Rand", "Source", "PCG", "ChaCha8", "Zipf", // types
		},
		in:  []string{"search", "ensemble", "scheduler", "trials"},
		why: "random numbers are drawn from a generator that was given a seed",
	},
}
