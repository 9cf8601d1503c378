package store

import (
	"slices"
	"strconv"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/tracking"
)

// noun is the run without metrics, params, tags and inputs.
func (r *runRow) noun() tracking.Run {
	return tracking.Run{
		ID: r.ID, Experiment: strconv.FormatInt(r.Experiment, 10), Name: r.Name, User: r.UserID, Status: tracking.Status(r.Status),
		Start: r.StartMs, End: r.EndMs, Lifecycle: tracking.Lifecycle(r.Lifecycle), ArtifactURI: r.ArtifactURI, Owner: r.Owner,
	}
}

// fullRuns completes runs with their latest points, params, tags and inputs, in
// the order given.
func fullRuns(db *gorm.DB, rows []runRow) ([]tracking.Run, error) {
	out := make([]tracking.Run, len(rows))
	at := make(map[int64]*tracking.Run, len(rows))
	nos := make([]int64, len(rows))
	for i := range rows {
		out[i] = rows[i].noun()
		at[rows[i].No], nos[i] = &out[i], rows[i].No
	}
	for part := range slices.Chunk(nos, memberRows) {
		if err := addMetrics(db, part, at); err != nil {
			return nil, err
		}
		var params []paramRow
		if err := db.Raw("SELECT run, key, value FROM params WHERE run IN ? ORDER BY run, key", part).Scan(&params).Error; err != nil {
			return nil, err
		}
		for _, p := range params {
			at[p.Run].Params = append(at[p.Run].Params, tracking.Param{Key: p.Key, Value: p.Value})
		}
		var tags []tagRow
		if err := db.Raw("SELECT * FROM tags WHERE run IN ? ORDER BY run, key", part).Scan(&tags).Error; err != nil {
			return nil, err
		}
		for _, g := range tags {
			at[g.Run].Tags = append(at[g.Run].Tags, tracking.Tag{Key: g.Key, Value: g.Value})
		}
		if err := addInputs(db, part, at); err != nil {
			return nil, err
		}
		if err := addLinks(db, part, at); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func addMetrics(db *gorm.DB, nos []int64, at map[int64]*tracking.Run) error {
	var rows []struct {
		Run       int64
		Name      string
		LastStep  int64
		LastMs    int64
		LastValue float64
		LastKind  int
		Attempt   int
	}
	err := db.Raw(`SELECT s.run, k.key AS name, s.last_step, s.last_ms, s.last_value, s.last_kind, s.attempt
		FROM metric_summary s JOIN metric_keys k ON k.no = s.key WHERE s.run IN ? ORDER BY s.run, k.key`, nos).Scan(&rows).Error
	for _, r := range rows {
		at[r.Run].Metrics = append(at[r.Run].Metrics, tracking.Metric{
			Key: r.Name, Value: join(r.LastValue, r.LastKind), Step: r.LastStep, Time: r.LastMs, Attempt: r.Attempt,
		})
	}
	return err
}

func addInputs(db *gorm.DB, nos []int64, at map[int64]*tracking.Run) error {
	var rows []struct {
		Run        int64
		Tags       string
		Name       string
		Digest     string
		SourceType string
		Source     string
		SchemaText string
		Profile    string
	}
	err := db.Raw(`SELECT i.run, i.tags, d.name, d.digest, d.source_type, d.source, d.schema_text, d.profile
		FROM inputs i JOIN datasets d ON d.no = i.dataset WHERE i.run IN ? ORDER BY i.run, i.idx`, nos).Scan(&rows).Error
	if err != nil {
		return err
	}
	for _, r := range rows {
		in := tracking.Input{Dataset: tracking.Dataset{
			Name: r.Name, Digest: r.Digest, SourceType: r.SourceType, Source: r.Source, Schema: r.SchemaText, Profile: r.Profile,
		}}
		if err := decode(r.Tags, &in.Tags); err != nil {
			return err
		}
		at[r.Run].Inputs = append(at[r.Run].Inputs, in)
	}
	return nil
}
