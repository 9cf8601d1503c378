package mlflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/internal/fault"
)

// fields are what a request says, by the names of MLflow's protocol: the query
// of a GET or the JSON of a POST. A name may be written in camelCase as well,
// unknown ones are ignored. The first thing wrong with what is asked for stays in
// err; what is asked for after that is empty.
type fields struct {
	m     map[string]any // string, bool, json.Number, []any, map[string]any, nil
	query bool           // from a query: every value is a text, one of a list may stand alone
	err   *error         // shared with the fields within
	in    *fields        // what these fields lie in, nil for the request itself,
	as    string         // under which name,
	index int            // and at which place of a list; -1 for an object of its own
}

const (
	seeDocs        = " See the API docs for more information about request parameters."
	defaultMaxBody = 32 << 20
)

// read takes the request apart.
func (s *Server) read(c echo.Context) (*fields, error) {
	f := &fields{m: map[string]any{}, err: new(error)}
	r := c.Request()
	switch r.Method {
	case http.MethodDelete: // its path says all
		return f, nil
	case http.MethodGet:
		f.query = true
		for name, values := range r.URL.Query() {
			f.m[name] = queryValue(values)
		}
		return f, nil
	}
	if err := jsonOnly(r.Header.Get(echo.HeaderContentType)); err != nil {
		return nil, err
	}
	limit := s.MaxBody
	if limit == 0 {
		limit = defaultMaxBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, limit))
	if err != nil {
		return nil, tooLarge(err, limit)
	}
	f.m, err = object(body)
	return f, err
}

// queryValue keeps a single value as a text and several as a list.
func queryValue(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}

// jsonOnly refuses what a page elsewhere can make a browser send without asking.
func jsonOnly(header string) error {
	if header == "" {
		return fault.Invalidf("Bad Request. Content-Type header is missing.").Fix("send application/json")
	}
	if kind, _, err := mime.ParseMediaType(header); err != nil || kind != echo.MIMEApplicationJSON {
		return fault.Invalidf("Bad Request. Content-Type must be one of ['application/json'].")
	}
	return nil
}

func tooLarge(err error, limit int64) error {
	var m *http.MaxBytesError
	if errors.As(err, &m) {
		return fault.Invalidf("a request has at most %d bytes", limit).Fix("split it into several")
	}
	return err
}

// object reads a JSON object; an empty body is the empty one, and a JSON text
// that holds an object counts as that, since old clients send it so.
func object(body []byte) (map[string]any, error) {
	if len(strings.TrimSpace(string(body))) == 0 {
		return map[string]any{}, nil
	}
	v, err := decode(string(body))
	if inner, ok := v.(string); ok && err == nil {
		v, err = decode(inner)
	}
	m, ok := v.(map[string]any)
	if err != nil || !ok {
		return nil, fault.Invalidf("the body of the request is no JSON object").Because(err)
	}
	return m, nil
}

func decode(s string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fault.Invalidf("something follows the object")
	}
	return v, nil
}

func (f *fields) fail(err error) {
	if *f.err == nil {
		*f.err = err
	}
}

// ok gives the first thing wrong.
func (f *fields) ok() error { return *f.err }

// name is the name of a field as messages spell it: "metrics[3].key".
func (f *fields) name(name string) string {
	if f.in == nil {
		return name
	}
	return f.place() + "." + name
}

// place is where these fields lie within the request.
func (f *fields) place() string {
	if f.index < 0 {
		return f.in.name(f.as)
	}
	return fmt.Sprintf("%s[%d]", f.in.name(f.as), f.index)
}

// get gives a field, nil when it is absent or null.
func (f *fields) get(name string) any {
	v, snake := f.m[name]
	if !strings.Contains(name, "_") {
		return v
	}
	camel := camelCase(name)
	w, ok := f.m[camel]
	if ok && snake {
		f.fail(fault.Invalidf("Request specifies both '%s' and '%s'; provide only one of them.", name, camel))
	}
	if ok && !snake {
		return w
	}
	return v
}

func camelCase(s string) string {
	parts := strings.Split(s, "_")
	for i, p := range parts[1:] {
		if p != "" {
			parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "")
}

// wrong says that a field has a value of the wrong type.
func (f *fields) wrong(name string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		b = []byte("null")
	}
	f.fail(fault.Invalidf("Invalid value %s for parameter '%s' supplied:  Hint: Value was of type '%s'.%s", ascii(b), f.name(name), pyType(v), seeDocs))
}

func (f *fields) missing(name string) {
	f.fail(fault.Invalidf("Missing value for required parameter '%s'.%s", f.name(name), seeDocs))
}

// pyType is what Python calls a JSON value's type.
func pyType(v any) string {
	switch v := v.(type) {
	case string:
		return "str"
	case bool:
		return "bool"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "float"
		}
		return "int"
	case []any:
		return "list"
	case map[string]any:
		return "dict"
	}
	return "NoneType"
}

// ascii escapes what is beyond ASCII as Python's json does.
func ascii(b []byte) string {
	var out strings.Builder
	for _, r := range string(b) {
		if r < 0x80 {
			out.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, u)
		}
	}
	return out.String()
}

// text is a text, "" when absent.
func (f *fields) text(name string) string {
	switch v := f.get(name).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		f.wrong(name, v)
		return ""
	}
}

// need is a text that may not be empty.
func (f *fields) need(name string) string {
	s := f.text(name)
	if s == "" {
		f.missing(name)
	}
	return s
}

// run is the ID of the run the request is about, under either of its names.
func (f *fields) run() string {
	if s := f.text("run_id"); s != "" {
		return s
	}
	if s := f.text("run_uuid"); s != "" {
		return s
	}
	f.missing("run_id")
	return ""
}

// integer is a 64-bit integer, written as a number or a text; nil when absent.
func (f *fields) integer(name string) *int64 {
	v := f.get(name)
	var s string
	switch v := v.(type) {
	case nil:
		return nil
	case json.Number:
		s = v.String()
	case string:
		s = v
	default:
		f.wrong(name, v)
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		x, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || x != math.Trunc(x) || math.Abs(x) >= 1<<63 {
			f.wrong(name, v)
			return nil
		}
		n = int64(x)
	}
	return &n
}

// size is an integer with a value when it is absent.
func (f *fields) size(name string, absent int64) int64 {
	if n := f.integer(name); n != nil {
		return *n
	}
	return absent
}

// float is a double, written as a number or as one of the texts "NaN",
// "Infinity", "-Infinity"; nil when absent.
func (f *fields) float(name string) *float64 {
	v := f.get(name)
	var s string
	switch v := v.(type) {
	case nil:
		return nil
	case json.Number:
		s = v.String()
	case string:
		s = v
	default:
		f.wrong(name, v)
		return nil
	}
	var x float64
	switch s {
	case "NaN":
		x = math.NaN()
	case "Infinity":
		x = math.Inf(1)
	case "-Infinity":
		x = math.Inf(-1)
	default:
		var err error
		if x, err = strconv.ParseFloat(s, 64); err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
			f.wrong(name, v)
			return nil
		}
	}
	return &x
}

// flag is true or false, with a value when it is absent.
func (f *fields) flag(name string, absent bool) bool {
	switch v := f.get(name).(type) {
	case nil:
		return absent
	case bool:
		return v
	case string:
		if b, err := strconv.ParseBool(strings.ToLower(v)); err == nil {
			return b
		}
		f.wrong(name, v)
	default:
		f.wrong(name, v)
	}
	return absent
}

// list is a list, nil when absent. In a query one value is a list of one.
func (f *fields) list(name string) []any {
	switch v := f.get(name).(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		f.wrong(name, v)
		return nil
	}
}

// texts is a list of texts.
func (f *fields) texts(name string) []string {
	v := f.get(name)
	if s, ok := v.(string); ok && f.query {
		return []string{s}
	}
	var out []string
	for _, item := range f.list(name) {
		s, ok := item.(string)
		if !ok {
			f.wrong(name, v)
			return nil
		}
		out = append(out, s)
	}
	return out
}

// each gives the objects of a list, one after the other in the same fields.
func (f *fields) each(name string, do func(*fields)) {
	one := fields{err: f.err, in: f, as: name}
	for i, item := range f.list(name) {
		m, ok := item.(map[string]any)
		one.m, one.index = m, i
		if !ok {
			f.fail(fault.Invalidf("Invalid value for parameter '%s' supplied:  Hint: Value was of type '%s'.%s", one.place(), pyType(item), seeDocs))
			return
		}
		do(&one)
	}
}

// object is an object within, nil when absent.
func (f *fields) object(name string) *fields {
	switch v := f.get(name).(type) {
	case nil:
		return nil
	case map[string]any:
		return &fields{m: v, err: f.err, in: f, as: name, index: -1}
	default:
		f.wrong(name, v)
		return nil
	}
}

// choice is one of names, written as such or as its number from 1, as MLflow's
// enumerations are; "" when absent.
func (f *fields) choice(name string, names []string) string {
	v := f.get(name)
	if v == nil {
		return ""
	}
	s := fmt.Sprint(v)
	for i, n := range names {
		if s == n || s == strconv.Itoa(i+1) {
			return n
		}
	}
	f.wrong(name, v)
	return ""
}
