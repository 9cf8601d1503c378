package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
)

// Text serves GET /s/ID.txt: the sweep's page as plain text, for terminals, chat
// and programs that read prose. Any other path goes to page.
func (s *Server) Text(page http.Handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, ok := strings.CutSuffix(c.Param("page"), ".txt")
		if !ok {
			page.ServeHTTP(c.Response(), c.Request())
			return nil
		}
		ctx := c.Request().Context()
		if p := Principal(ctx); p.Role == auth.Anonymous && !p.Loopback {
			return fault.Deniedf("reading from another machine needs a token").Coded(auth.CodeUnauthenticated)
		}
		text, err := s.digest(ctx, id)
		if err != nil {
			return err
		}
		return c.String(http.StatusOK, text)
	}
}

// digestRows is how much of the leaderboard a digest shows.
const digestRows = 10

func (s *Server) digest(ctx context.Context, id string) (string, error) {
	sw, err := s.sweep(ctx, id)
	if err != nil {
		return "", err
	}
	o, err := s.overview(ctx, sw, digestRows)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s\n", sw.Name, sw.ID, o.Sweep.State)
	fmt.Fprintf(&b, "%s\n", strings.Join(strings.Fields(fmt.Sprintf("%s %s %s. %s", o.Sentence.Lead, o.Sentence.Value, o.Sentence.Tail, o.Sentence.Rest)), " "))
	var fs []string
	for _, f := range o.Facts {
		fs = append(fs, strings.TrimSpace(f.Value+" "+f.Label))
	}
	fmt.Fprintf(&b, "%s\n\n", strings.Join(fs, " · "))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, column := range o.Top.Columns {
		if shown(column) {
			fmt.Fprintf(t, "%s\t", strings.TrimPrefix(column, paramPrefix))
		}
	}
	fmt.Fprintln(t)
	for i := range int(o.Top.Rows) {
		for k, column := range o.Top.Columns {
			if shown(column) {
				fmt.Fprintf(t, "%s\t", plain(o.Top.Values[k][i]))
			}
		}
		fmt.Fprintln(t)
	}
	t.Flush()
	for _, st := range o.Sweep.Stages {
		fmt.Fprintf(&b, "\nstage %s: %s, %s", st.Name, st.State, count(int(st.Proposed), "trial"))
		if st.Why != "" {
			fmt.Fprintf(&b, " (%s)", st.Why)
		}
	}
	b.WriteByte('\n')
	return b.String(), nil
}

// shown tells whether a digest has room for a column.
func shown(column string) bool {
	switch column {
	case "number", "state", "value", "best", "resource":
		return true
	}
	return strings.HasPrefix(column, paramPrefix)
}

func plain(v *any) string {
	if v == nil {
		return "-"
	}
	switch x := (*v).(type) {
	case wire.Num:
		return number(float64(x))
	case float64:
		return fmt.Sprintf("%.4g", x)
	}
	return fmt.Sprint(*v)
}
