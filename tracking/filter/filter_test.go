package filter_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking/filter"
)

func num(e filter.Entity, key string, op filter.Op, v float64) filter.Clause {
	return filter.Clause{Entity: e, Key: key, Op: op, Numeric: true, Number: v}
}

func txt(e filter.Entity, key string, op filter.Op, v string) filter.Clause {
	return filter.Clause{Entity: e, Key: key, Op: op, Text: v}
}

func in(e filter.Entity, key string, op filter.Op, vs ...string) filter.Clause {
	return filter.Clause{Entity: e, Key: key, Op: op, List: vs}
}

// The sources and what they mean were run through mlflow 3.17.2
// (SearchUtils.parse_search_filter).
func TestRunFilters(t *testing.T) {
	for src, want := range map[string]filter.Filter{
		"":                                 nil,
		"metrics.a < 1":                    {num(filter.Metric, "a", filter.Lt, 1)},
		"metrics.a<1 and params.b='x'":     {num(filter.Metric, "a", filter.Lt, 1), txt(filter.Param, "b", filter.Eq, "x")},
		"metrics.a>=1 AND metrics.b!=2":    {num(filter.Metric, "a", filter.Ge, 1), num(filter.Metric, "b", filter.Ne, 2)},
		"metrics.a < -1.5e-3":              {num(filter.Metric, "a", filter.Lt, -1.5e-3)},
		"metrics.a > .5":                   {num(filter.Metric, "a", filter.Gt, .5)},
		"metrics.a > 5.":                   {num(filter.Metric, "a", filter.Gt, 5)},
		"metrics.a.b.c > 1":                {num(filter.Metric, "a.b.c", filter.Gt, 1)},
		"`metrics`.`a` < 1":                {num(filter.Metric, "a", filter.Lt, 1)},
		"metrics.`val/loss (1)` <= 1":      {num(filter.Metric, "val/loss (1)", filter.Le, 1)},
		"params.`a b` = 'x'":               {txt(filter.Param, "a b", filter.Eq, "x")},
		`params."a b" = 'x'`:               {txt(filter.Param, "a b", filter.Eq, "x")},
		"tags.'a' = 'x'":                   {txt(filter.Tag, "a", filter.Eq, "x")},
		"tags.mlflow.runName = 'x'":        {txt(filter.Tag, "mlflow.runName", filter.Eq, "x")},
		"params.a = 'b AND c'":             {txt(filter.Param, "a", filter.Eq, "b AND c")},
		"params.a = ''":                    {txt(filter.Param, "a", filter.Eq, "")},
		`params.a != "it's"`:               {txt(filter.Param, "a", filter.Ne, "it's")},
		"params.a like 'x%'":               {txt(filter.Param, "a", filter.Like, "x%")},
		"params.a ILIKE '%x'":              {txt(filter.Param, "a", filter.ILike, "%x")},
		"params.a IS NULL":                 {txt(filter.Param, "a", filter.IsNull, "")},
		"tags.a is not null":               {txt(filter.Tag, "a", filter.IsNotNull, "")},
		"params.order = 'x'":               {txt(filter.Param, "order", filter.Eq, "x")},
		"run_id IN ('a','b')":              {in(filter.Attribute, filter.RunID, filter.In, "a", "b")},
		"run_id in (\"a\")":                {in(filter.Attribute, filter.RunID, filter.In, "a")},
		"run.run_id NOT IN ('a', 'B',)":    {in(filter.Attribute, filter.RunID, filter.NotIn, "a", "B")},
		"dataset.name IN ('a)','b')":       {in(filter.Dataset, "name", filter.In, "a)", "b")},
		"datasets.context = 'train'":       {txt(filter.Dataset, "context", filter.Eq, "train")},
		"created > 5":                      {num(filter.Attribute, filter.StartTime, filter.Gt, 5)},
		"attr.end_time <= 1700000000000":   {num(filter.Attribute, filter.EndTime, filter.Le, 1700000000000)},
		"attribute.`Run name` = 'x'":       {txt(filter.Attribute, filter.RunName, filter.Eq, "x")},
		"attributes.status = 'FINISHED'":   {txt(filter.Attribute, filter.RunStatus, filter.Eq, "FINISHED")},
		"params.a\n=\t'x'":                 {txt(filter.Param, "a", filter.Eq, "x")},
		"AND metrics.a < 1 AND":            {num(filter.Metric, "a", filter.Lt, 1)},
		"metrics.größe > 1":                {num(filter.Metric, "größe", filter.Gt, 1)},
		"params.a = 'x' params.b = 'y'":    {txt(filter.Param, "a", filter.Eq, "x"), txt(filter.Param, "b", filter.Eq, "y")},
		"params.not = 'x' AND tags.in='y'": {txt(filter.Param, "not", filter.Eq, "x"), txt(filter.Tag, "in", filter.Eq, "y")},
	} {
		got, err := filter.Runs(src)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %v, %v\nwant %v", src, got, err, want)
		}
	}
}

func TestRunFilterErrors(t *testing.T) {
	for src, want := range map[string]string{
		"  ":                             "Invalid filter '  '. Could not be parsed.",
		"metrics.a < 1 OR metrics.b < 2": "Invalid clause(s) in filter string: 'OR'",
		"(metrics.a<1)":                  "Invalid clause(s) in filter string: '(metrics.a<1)'",
		"metrics.a <":                    "Invalid clause(s) in filter string: 'metrics.a', '<'",
		"params.a = 'x":                  "Invalid clause(s) in filter string: 'params.a', '=', ''', 'x'",
		"metrics.a > 0x10":               "Invalid clause(s) in filter string: 'metrics.a', '>', '0x10'",
		"metrics.val/loss < 1":           "Invalid clause(s) in filter string: 'metrics.val', '/' (quote a key with such characters: metrics.`val/loss` < 1)",
		"metrics.a < 1; metrics.b < 2":   "Search filter contained multiple expression 'metrics.a < 1; metrics.b < 2'. Provide AND-ed expression list.",
		"'x' = params.a":                 "Invalid comparison clause. Expected 'Identifier' found ''x''",
		"foo.a = 'x'":                    "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
		"dataset.foo = 'x'":              "Invalid dataset key 'foo' specified. Valid keys are '{'context', 'digest', 'name'}'",
		"metric.a = 'x'":                 "Expected numeric value type for metric. Found 'x'",
		"metrics.a > inf":                "Expected numeric value type for metric. Found inf",
		"start_time > 'x'":               "Expected numeric value type for numeric attribute: start_time. Found 'x'",
		"params.a = 1":                   "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1",
		"params.a = x":                   "Parameter value is either not quoted or unidentified quote types used for string value x. Use either single or double quotes.",
		"params.a IN ('x')":              "Expected a quoted string value for parameter (e.g. 'my-value'). Got value ('x')",
		"status IN ('a')":                "Only ['run_id'] attributes support comparison with a list of quoted string values.",
		"run_id IN ()":                   "While parsing a list in the query, expected a non-empty list of string values, but got empty list",
		"run_id IN ('a', 1)":             "While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: ('a', 1)",
		"run_id IN ('a' 'b')":            "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.",
		"metrics.a IS NULL":              "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'a'",
		"params.a > 'x'":                 "Invalid comparator '>' not one of '{'!=', '=', 'LIKE', 'ILIKE'}'",
		"metrics.a == 1":                 "Invalid comparator '==' not one of '{'>', '>=', '!=', '=', '<', '<='}'",
	} {
		_, err := filter.Runs(src)
		if err == nil || err.Error() != want || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s\n got %v\nwant %s", src, err, want)
		}
	}
}

func TestExperimentFilters(t *testing.T) {
	for src, want := range map[string]filter.Filter{
		"name = 'a' AND tags.team IS NULL":           {txt(filter.Attribute, filter.Name, filter.Eq, "a"), txt(filter.Tag, "team", filter.IsNull, "")},
		"attributes.name ilike '%a'":                 {txt(filter.Attribute, filter.Name, filter.ILike, "%a")},
		"creation_time > 5":                          {num(filter.Attribute, filter.CreationTime, filter.Gt, 5)},
		"experiment_id IN ('1', '2')":                {in(filter.Attribute, filter.ExperimentID, filter.In, "1", "2")},
		"attribute.experiment_id != '3'":             {txt(filter.Attribute, filter.ExperimentID, filter.Ne, "3")},
		"last_update_time <= 10 AND tag.`a b` = 'c'": {num(filter.Attribute, filter.LastUpdateTime, filter.Le, 10), txt(filter.Tag, "a b", filter.Eq, "c")},
	} {
		got, err := filter.Experiments(src)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %v, %v\nwant %v", src, got, err, want)
		}
	}
	for src, want := range map[string]string{
		"metrics.a < 1":             "Invalid entity type 'metrics'. Valid entity types are ('attribute', 'tag', 'tags')",
		"name IS NULL":              "IS NULL / IS NOT NULL is only supported for tags, not for attribute 'name'",
		"name IN ('a')":             "Only ['experiment_id'] attributes support comparison with a list of quoted string values.",
		"experiment_id = 'x'":       "Invalid experiment ID 'x'. Experiment ID must be a valid integer.",
		"experiment_id = ''":        "Invalid experiment ID ''. Experiment ID must be a valid integer.",
		"experiment_id IN ('1','')": "Invalid experiment ID ''. Experiment ID must be a valid integer.",
		"experiment_id LIKE '1%'":   "Invalid comparator for experiment_id: LIKE",
		"creation_time > 1.5":       "Invalid value for numeric attribute 'creation_time': '1.5'",
	} {
		_, err := filter.Experiments(src)
		if err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", src, err, want)
		}
	}
}

// Parentheses that are never closed are looked for a bounded way ahead: the
// time goes with the length of a filter, not with its square.
func TestUnclosedParenthesesTakeNoTime(t *testing.T) {
	if _, err := filter.Runs(strings.Repeat("(", 1<<20)); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %.100v", err)
	}
	f, err := filter.Runs("run_id IN ('(((', \"((\") AND params.`(` = '('")
	if err != nil || len(f) != 2 || len(f[0].List) != 2 {
		t.Errorf("%v, %v", f, err)
	}
}

func TestOrders(t *testing.T) {
	got, err := filter.RunOrder([]string{"metrics.`val loss` DESC", "params.a", "attribute.start_time asc"})
	want := []filter.Order{
		{Entity: filter.Metric, Key: "val loss", Desc: true},
		{Entity: filter.Param, Key: "a"},
		{Entity: filter.Attribute, Key: filter.StartTime},
		{Entity: filter.Attribute, Key: filter.RunID},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	got, err = filter.ExperimentOrder(nil)
	want = []filter.Order{{Entity: filter.Attribute, Key: filter.CreationTime, Desc: true}, {Entity: filter.Attribute, Key: filter.ExperimentID}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("no order: got %v, %v, want %v", got, err, want)
	}
	for _, c := range []struct{ clause, want string }{
		{"metrics.a FOO", "Invalid ordering key in order_by clause 'metrics.a FOO'."},
		{"metrics.a DESC x", "Invalid order_by clause 'metrics.a DESC x'. Could not be parsed."},
		{"", "Invalid order_by clause ''. Could not be parsed."},
		{"dataset.name", "Invalid identifier type 'dataset'"},
	} {
		if _, err := filter.RunOrder([]string{c.clause}); err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.clause, err, c.want)
		}
	}
	if _, err := filter.RunOrder([]string{"created", "start_time DESC"}); err == nil || err.Error() != "`order_by` contains duplicate fields: ['created', 'start_time DESC']" {
		t.Errorf("duplicates: %v", err)
	}
	if _, err := filter.ExperimentOrder([]string{"tags.a"}); err == nil || err.Error() != "Invalid order_by entity: tag" {
		t.Errorf("tag order: %v", err)
	}
}

// Whatever is written, the parser answers with a filter whose clauses a store
// can compile, or with an Invalid error.
func FuzzRuns(f *testing.F) {
	for _, s := range []string{"metrics.a < 1 AND params.`b c` LIKE 'x%'", "run_id NOT IN ('a', \"b\")", "tags.x IS NOT NULL", "(((", "'", "`", "a.b.c = ''", "--", "in in in", "\x80 = 'x'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := filter.Runs(s)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%q: %v is not invalid", s, err)
			}
			return
		}
		for _, c := range got {
			listed := c.Op == filter.In || c.Op == filter.NotIn
			if c.Entity == "" || c.Op == "" || listed != (len(c.List) > 0) || c.Numeric && c.Text != "" {
				t.Fatalf("%q: %+v", s, c)
			}
		}
		_, _ = filter.RunOrder([]string{s})
		_, _ = filter.Experiments(s)
	})
}
