package tracking

import (
	"context"
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking/filter"
)

func (c caller) SearchExperiments(ctx context.Context, s ExperimentSearch) (ExperimentList, error) {
	if err := checkLimit(s.Limit, MaxExperimentsPage); err != nil {
		return ExperimentList{}, err
	}
	where, err := filter.Experiments(s.Filter)
	if err != nil {
		return ExperimentList{}, err
	}
	order, err := filter.ExperimentOrder(s.OrderBy)
	if err != nil {
		return ExperimentList{}, err
	}
	if err := checkSearch(where, len(order), 0); err != nil {
		return ExperimentList{}, err
	}
	search := fingerprint("experiments", s.View, where, order)
	after, err := cursor(search, s.Token)
	if err != nil {
		return ExperimentList{}, err
	}
	page, err := c.Store.SearchExperiments(ctx, ExperimentQuery{View: view(s.View), Where: where, Order: order, After: after, Limit: s.Limit})
	return ExperimentList{page.Experiments, token(search, page.Next)}, err
}

func (c caller) SearchRuns(ctx context.Context, s RunSearch) (RunList, error) {
	if err := checkLimit(s.Limit, MaxRunsPage); err != nil {
		return RunList{}, err
	}
	where, err := filter.Runs(s.Filter)
	if err != nil {
		return RunList{}, err
	}
	order, err := filter.RunOrder(s.OrderBy)
	if err != nil {
		return RunList{}, err
	}
	ids, err := experimentIDs(s.Experiments)
	if err != nil {
		return RunList{}, err
	}
	if err := checkSearch(where, len(order), len(ids)); err != nil {
		return RunList{}, err
	}
	search := fingerprint("runs", ids, s.View, where, order)
	after, err := cursor(search, s.Token)
	if err != nil {
		return RunList{}, err
	}
	if len(ids) == 0 {
		return RunList{}, nil
	}
	page, err := c.Store.SearchRuns(ctx, RunQuery{Experiments: ids, View: view(s.View), Where: where, Order: order, After: after, Limit: s.Limit})
	return RunList{page.Runs, token(search, page.Next)}, err
}

// experimentIDs gives the canonical IDs, each once, sorted.
func experimentIDs(ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		id, err := experimentID(id)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func view(v View) View {
	if v == "" {
		return ActiveOnly
	}
	return v
}

func (c caller) History(ctx context.Context, s HistorySearch) (HistoryList, error) {
	if s.Limit < 0 {
		return HistoryList{}, fault.Invalidf("Invalid value %d for parameter 'max_results' supplied. It must be a positive integer.", s.Limit)
	}
	search := fingerprint("history", s.Run, s.Key)
	after, err := cursor(search, s.Token)
	if err != nil {
		return HistoryList{}, err
	}
	page, err := c.Store.History(ctx, HistoryQuery{Run: s.Run, Key: s.Key, After: after, Limit: s.Limit})
	return HistoryList{page.Metrics, token(search, page.Next)}, err
}

func (c caller) HistoryOf(ctx context.Context, runs []string, key string, limit int) ([]RunMetric, error) {
	if len(runs) == 0 {
		return nil, fault.Invalidf("GetMetricHistoryBulk request must specify at least one run_id.")
	}
	if len(runs) > MaxHistoryRuns {
		return nil, fault.Invalidf("GetMetricHistoryBulk request cannot specify more than %d run_ids. Received %d run_ids.", MaxHistoryRuns, len(runs))
	}
	if err := checkLimit(limit, MaxHistoryPoints); err != nil {
		return nil, err
	}
	return c.Store.HistoryOf(ctx, runs, key, limit)
}

func (c caller) SampleHistory(ctx context.Context, q SampleQuery) ([]RunMetric, error) {
	if len(q.Runs) > MaxHistoryRuns {
		return nil, fault.Invalidf("GetMetricHistoryBulkInterval request must specify at most %d run_ids. Received %d run_ids.", MaxHistoryRuns, len(q.Runs))
	}
	if q.Limit < 1 || q.Limit > MaxSamplePoints {
		return nil, fault.Invalidf("max_results must be between 1 and %d.", MaxSamplePoints)
	}
	if (q.From == nil) != (q.To == nil) {
		return nil, fault.Invalidf("If either start step or end step are specified, both must be specified.")
	}
	if q.From != nil && *q.From > *q.To {
		return nil, fault.Invalidf("end_step must be greater than start_step. Found start_step=%d and end_step=%d.", *q.From, *q.To)
	}
	return c.Store.SampleHistory(ctx, q)
}
