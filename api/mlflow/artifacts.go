package mlflow

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

// artifactPath gives the path below the artifact root that a request names, with
// the API that says whether its caller may go there.
func (s *Server) artifactPath(c echo.Context) (tracking.API, string, error) {
	_, raw, _ := strings.Cut(c.Request().URL.Path, "/mlflow-artifacts/artifacts/")
	p, err := safePath(raw)
	if err != nil {
		return nil, "", err
	}
	if p == "" || strings.HasSuffix(raw, "/") && c.Request().Method == http.MethodPut {
		return nil, "", fault.Invalidf("Artifact path must include a filename (cannot end with '/').")
	}
	api, err := s.Choose(c.Request())
	return api, p, err
}

// getArtifact sends a file, or the ranges of it that are asked for, always as an
// attachment: nothing a run has written is shown as a page of this server.
func (s *Server) getArtifact(c echo.Context) error {
	api, p, err := s.artifactPath(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := api.MayReadArtifact(ctx, p); err != nil {
		return err
	}
	o, err := s.Blobs.Open(ctx, p)
	if fault.Is(err, fault.NotFound) {
		if below, lerr := s.Blobs.List(ctx, p); lerr == nil && len(below) > 0 {
			return fault.Invalidf("Artifact path refers to a directory, not a file: '%s'", p)
		}
		return fault.NotFoundf("No such artifact: '%s'", p)
	}
	if err != nil {
		return err
	}
	defer o.Close()
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, contentType(p))
	h.Set(echo.HeaderContentDisposition, attachment(path.Base(p)))
	h.Set(echo.HeaderXContentTypeOptions, "nosniff")
	h.Set(echo.HeaderContentSecurityPolicy, "sandbox")
	http.ServeContent(c.Response(), c.Request(), "", o.Info().Modified, o)
	return nil
}

func contentType(p string) string {
	if t := mime.TypeByExtension(path.Ext(p)); t != "" {
		return t
	}
	return echo.MIMEOctetStream
}

// attachment names a download (RFC 6266).
func attachment(name string) string {
	if v := mime.FormatMediaType("attachment", map[string]string{"filename": name}); v != "" {
		return v
	}
	return "attachment"
}

// putArtifact stores a file as it streams in. Whether its caller may write is
// asked again when all of it has arrived, since an upload may outlast a lease: a
// store drops what does not end well.
func (s *Server) putArtifact(c echo.Context) error {
	api, p, err := s.artifactPath(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := api.MayWriteArtifact(ctx, p); err != nil {
		return err
	}
	body := c.Request().Body
	if s.MaxArtifact > 0 {
		body = http.MaxBytesReader(c.Response(), body, s.MaxArtifact)
	}
	if _, err := s.Blobs.Put(ctx, p, &guarded{body, func() error { return api.MayWriteArtifact(ctx, p) }}); err != nil {
		return tooLarge(err, s.MaxArtifact)
	}
	return c.JSON(http.StatusOK, none{})
}

// guarded is a reader that ends well only when may has nothing against it.
type guarded struct {
	r   io.Reader
	may func() error
}

func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if errors.Is(err, io.EOF) {
		if denied := g.may(); denied != nil {
			return n, denied
		}
	}
	return n, err
}

// deleteArtifact removes a file or folder within the artifacts of a run or
// model; what holds those is not deleted as files.
func (s *Server) deleteArtifact(c echo.Context) error {
	api, p, err := s.artifactPath(c)
	if err != nil {
		return err
	}
	if len(tracking.ArtifactOwners(p)) == 0 {
		return fault.Invalidf("'%s' does not lie within the artifacts of a run or model", p)
	}
	ctx := c.Request().Context()
	if err := api.MayWriteArtifact(ctx, p); err != nil {
		return err
	}
	if err := s.Blobs.Delete(ctx, p); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, none{})
}

type filesAnswer struct {
	Root  string     `json:"root_uri,omitempty"`
	Files []fileWire `json:"files,omitempty"`
}

// listArtifacts lists a folder below the artifact root; the paths it gives are
// names, relative to that folder.
func (s *Server) listArtifacts(c echo.Context, api tracking.API, in *fields) (any, error) {
	raw := in.text("path")
	if err := in.ok(); err != nil {
		return nil, err
	}
	p, err := safePath(raw)
	if err != nil {
		return nil, err
	}
	if err := api.MayReadArtifact(c.Request().Context(), p); err != nil {
		return nil, err
	}
	infos, err := s.Blobs.List(c.Request().Context(), p)
	return filesAnswer{Files: files(infos, "")}, err
}

// listRunArtifacts lists a folder of a run; the paths it gives are relative to
// the run's root.
func (s *Server) listRunArtifacts(c echo.Context, api tracking.API, in *fields) (any, error) {
	id, raw := in.run(), in.text("path")
	if err := in.ok(); err != nil {
		return nil, err
	}
	r, err := api.Run(c.Request().Context(), id)
	if err != nil {
		return nil, err
	}
	return s.listBelow(c, "run "+id, r.ArtifactURI, raw)
}

// listBelow lists a folder, by its path as the client wrote it, below the root
// of a run or model.
func (s *Server) listBelow(c echo.Context, what, uri, raw string) (any, error) {
	p, err := safePath(raw)
	if err != nil {
		return nil, err
	}
	root, served := tracking.ArtifactPath(uri)
	if !served {
		return nil, fault.Invalidf("the artifacts of %s lie at %s, which this server does not serve", what, uri).Fix("list them there")
	}
	infos, err := s.Blobs.List(c.Request().Context(), path.Join(root, p))
	return filesAnswer{Root: uri, Files: files(infos, p)}, err
}

func files(infos []blob.Info, below string) []fileWire {
	var out []fileWire
	for _, i := range infos {
		f := fileWire{Path: path.Join(below, i.Name()), Folder: i.Folder}
		if !i.Folder {
			f.Size = &i.Size
		}
		out = append(out, f)
	}
	return out
}
