package api

import (
	"context"
	"io"
	"os"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/pack"
	"github.com/sweepd/sweepd/trials"
)

// HasCode answers HEAD /api/v1/code/{digest}.
func (s *Server) HasCode(ctx context.Context, r wire.HasCodeRequestObject) (wire.HasCodeResponseObject, error) {
	f, err := s.Blobs.Open(ctx, trials.CodeKey(r.Digest))
	if fault.Is(err, fault.NotFound) {
		return wire.HasCode404Response{}, nil
	}
	if err != nil {
		return nil, err
	}
	return wire.HasCode200Response{}, f.Close()
}

// GetCode answers GET /api/v1/code/{digest}.
func (s *Server) GetCode(ctx context.Context, r wire.GetCodeRequestObject) (wire.GetCodeResponseObject, error) {
	f, err := s.Blobs.Open(ctx, trials.CodeKey(r.Digest))
	if err != nil {
		return nil, err
	}
	return wire.GetCode200ApplicationGzipResponse{Body: f, ContentLength: f.Info().Size}, nil
}

// PutCode answers PUT /api/v1/code/{digest}: the directory is stored once its
// listing has been found to have that digest.
func (s *Server) PutCode(ctx context.Context, r wire.PutCodeRequestObject) (wire.PutCodeResponseObject, error) {
	f, err := spool(r.Body)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	digest, err := pack.Verify(f)
	if err != nil {
		return nil, fault.Invalidf("the body is no packed directory").Coded("bad_archive").Because(err)
	}
	if digest != r.Digest {
		return nil, fault.Invalidf("the directory has the digest %s, the path says %s", digest, r.Digest).Coded("digest_mismatch")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	_, err = s.Blobs.Put(ctx, trials.CodeKey(digest), f)
	return wire.PutCode204Response{}, err
}

// spool copies a body to a file that has no name, so that it can be read twice
// without holding it in memory. The caller closes it.
func spool(body io.Reader) (*os.File, error) {
	f, err := os.CreateTemp("", "sweepd-body-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := io.Copy(f, body); err != nil {
		f.Close()
		return nil, tooLarge(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
