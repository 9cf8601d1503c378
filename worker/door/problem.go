package door

import (
	"encoding/json"
	"net/http"

	"github.com/sweepd/sweepd/internal/fault"
)

// problem answers with an error that both kinds of client read: problem+json
// has code, MLflow's client wants error_code and message.
func problem(w http.ResponseWriter, status int, e *fault.Error) {
	w.Header().Set("Content-Type", "application/problem+json")
	write(w, status, map[string]any{
		"title": http.StatusText(status), "status": status, "detail": e.Error(), "code": e.Code, "where": e.Where, "hint": e.Hint,
		"error_code": mlflowCode(e.Kind), "message": e.Error(),
	})
}

func mlflowCode(k fault.Kind) string {
	switch k {
	case fault.Denied:
		return "UNAUTHENTICATED"
	case fault.Stale:
		return "INVALID_STATE"
	case fault.Invalid:
		return "INVALID_PARAMETER_VALUE"
	case fault.Unavailable:
		return "TEMPORARILY_UNAVAILABLE"
	}
	return "INTERNAL_ERROR"
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	write(w, status, v)
}

func write(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{}`)
	}
	w.WriteHeader(status)
	w.Write(text)
}
