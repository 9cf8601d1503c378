package filter

import (
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// RunOrder reads an order_by list for runs and makes it total: the newest start
// first unless the list says otherwise, then by run ID. Its errors are Invalid,
// in MLflow's words.
func RunOrder(clauses []string) ([]Order, error) {
	orders, err := parseOrder(clauses, runRules())
	if err != nil {
		return nil, err
	}
	return total(orders, Order{Attribute, StartTime, true}, Order{Attribute, RunID, false}), nil
}

// ExperimentOrder reads an order_by list for experiments and makes it total by
// experiment ID, which orders as a number; an empty list is the newest first.
func ExperimentOrder(clauses []string) ([]Order, error) {
	if len(clauses) == 0 {
		return []Order{{Attribute, CreationTime, true}, {Attribute, ExperimentID, false}}, nil
	}
	orders, err := parseOrder(clauses, experimentRules())
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		if o.Entity != Attribute {
			return nil, fault.Invalidf("Invalid order_by entity: %s", o.Entity)
		}
	}
	return total(orders, Order{Attribute, ExperimentID, true}), nil
}

// total appends those tails whose key the orders do not have yet.
func total(orders []Order, tails ...Order) []Order {
	for _, t := range tails {
		if !has(orders, t) {
			orders = append(orders, t)
		}
	}
	return orders
}

func has(orders []Order, o Order) bool {
	return slices.ContainsFunc(orders, func(x Order) bool { return x.Entity == o.Entity && x.Key == o.Key })
}

func parseOrder(clauses []string, r rules) ([]Order, error) {
	var orders []Order
	for _, src := range clauses {
		o, err := parseOrderClause(src, r)
		if err != nil {
			return nil, err
		}
		if has(orders, o) {
			return nil, fault.Invalidf("`order_by` contains duplicate fields: %s", pyList(clauses))
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// parseOrderClause reads "entity.key", "entity.key ASC" or "entity.key DESC".
func parseOrderClause(src string, r rules) (Order, error) {
	ts := lex(src)
	if len(ts) == 0 || len(ts) > 2 || ts[0].kind != word && ts[0].kind != text || len(ts) == 2 && ts[1].kind != word {
		return Order{}, fault.Invalidf("Invalid order_by clause '%s'. Could not be parsed.", src)
	}
	desc := false
	if len(ts) == 2 {
		if desc = ts[1].is("DESC"); !desc && !ts[1].is("ASC") {
			return Order{}, fault.Invalidf("Invalid ordering key in order_by clause '%s'.", src)
		}
	}
	entity, key, err := r.identifier(ts[0].raw)
	if err != nil {
		return Order{}, err
	}
	if entity == Dataset {
		return Order{}, fault.Invalidf("Invalid identifier type 'dataset'")
	}
	return Order{entity, key, desc}, nil
}

func keysOf(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func pyList(items []string) string {
	var out []string
	for _, s := range items {
		out = append(out, pyString(s))
	}
	return "[" + strings.Join(out, ", ") + "]"
}
