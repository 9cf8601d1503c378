package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/driver/postgres"
	"modernc.org/sqlite"

	"github.com/sweepd/sweepd/internal/fault"
)

// A database that is away, full or busy is no defect of the request: what it
// could not take is said to be Unavailable, so that workers keep it and send it
// again.

// postgresDialector tells apart a statement that is wrong and a database that is
// away.
type postgresDialector struct{ *postgres.Dialector }

// Translate makes gorm's errors of PostgreSQL's, and Unavailable of its absence.
func (d postgresDialector) Translate(err error) error { return away(d.Dialector.Translate(err)) }

// away makes an error Unavailable when the same request may succeed once the
// database is itself again; other errors, and a caller's end of its own context,
// are given back as they are.
func away(err error) error {
	if err == nil || fault.Of(err) != nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	why := ""
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case errors.As(err, &pg):
		why = postgresAway(pg.Code)
	case errors.As(err, &lite):
		why = sqliteAway[lite.Code()&0xff]
	case gone(err):
		why = "does not answer"
	}
	if why == "" {
		return err
	}
	return fault.Unavailablef("the database %s", why).Coded("database_away").Because(err)
}

// gone tells whether the connection to PostgreSQL broke, or none could be made.
func gone(err error) bool {
	var connect *pgconn.ConnectError
	var wire *net.OpError
	return errors.As(err, &connect) || errors.As(err, &wire) || pgconn.SafeToRetry(err) ||
		slices.ContainsFunc([]error{driver.ErrBadConn, sql.ErrTxDone, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed},
			func(e error) bool { return errors.Is(err, e) })
}

// postgresAway says what is wrong with PostgreSQL itself by the class of an
// error, https://www.postgresql.org/docs/current/errcodes-appendix.html; "" when
// nothing is.
func postgresAway(code string) string {
	switch {
	case code == "53100":
		return "has no room left on its disk"
	case strings.HasPrefix(code, "53"):
		return "is overloaded"
	case code == "25006":
		return "only reads at present"
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"), strings.HasPrefix(code, "58"):
		return "does not answer"
	case code == "40001", code == "40P01":
		return "is busy"
	}
	return ""
}

// sqliteAway says what is wrong with SQLite's file by the primary result code,
// https://www.sqlite.org/rescode.html.
var sqliteAway = map[int]string{
	5: "is busy", 6: "is busy", 7: "has no memory left", 10: "cannot reach its file", 13: "has no room left on its disk",
	14: "cannot open its file",
}

// refusal tells whether a member was refused by its guard, which concerns nobody
// else: not by the database.
func refusal(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Internal:
		return false
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}
