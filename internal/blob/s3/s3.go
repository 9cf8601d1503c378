// Package s3 keeps blobs in a bucket of S3 or of what speaks like it.
package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/fault"
)

// Config says where the bucket is.
type Config struct {
	Endpoint string // host or host:port; "" is Amazon's
	Insecure bool   // plain HTTP, for stores on the same machine
	Region   string // "" lets the bucket say
	Bucket   string // exists already
	Prefix   string // all keys lie below it; "" is the whole bucket

	// Key and Secret sign requests; with an empty Key they are taken from the
	// AWS environment, its credentials file or the machine's role.
	Key, Secret string
}

// Store is a blob.Store in a bucket. An object is there when its upload is
// complete; a bucket keeps an object and others below its key side by side.
type Store struct {
	client         *minio.Client
	bucket, prefix string // prefix is "" or ends in a slash
}

var _ blob.Store = (*Store)(nil)

// single is the most bytes that are sent in one request, part the size of a
// piece of what is longer: 10,000 of them are the longest object.
const (
	single = 1 << 20
	part   = 16 << 20
)

// Open connects to a bucket and makes sure that it is there.
func Open(ctx context.Context, c Config) (*Store, error) {
	endpoint := c.Endpoint
	if endpoint == "" {
		endpoint = "s3.amazonaws.com"
	}
	client, err := minio.New(endpoint, &minio.Options{Creds: c.credentials(), Secure: !c.Insecure, Region: c.Region})
	if err != nil {
		return nil, fault.Invalidf("the S3 endpoint %q cannot be used", endpoint).Because(err)
	}
	prefix, err := blob.Clean(strings.Trim(c.Prefix, "/"))
	if err != nil {
		return nil, err
	}
	if prefix != "" {
		prefix += "/"
	}
	exists, err := client.BucketExists(ctx, c.Bucket)
	if err != nil {
		return nil, fault.Unavailablef("the bucket %q at %s cannot be reached", c.Bucket, endpoint).Because(err)
	}
	if !exists {
		return nil, fault.NotFoundf("no bucket %q at %s", c.Bucket, endpoint).Fix("make it, or correct its name")
	}
	return &Store{client, c.Bucket, prefix}, nil
}

func (c Config) credentials() *credentials.Credentials {
	if c.Key != "" {
		return credentials.NewStaticV4(c.Key, c.Secret, "")
	}
	return credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
	})
}

// name is where a key lies in the bucket.
func (s *Store) name(key string) (clean, name string, err error) {
	clean, err = blob.Clean(key)
	if err == nil && clean == "" {
		err = fault.Invalidf("the path of an object is empty")
	}
	return clean, s.prefix + clean, err
}

// Put sends a short object in one request and a long one in parts as it comes,
// holding one part in memory.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) (blob.Info, error) {
	key, name, err := s.name(key)
	if err != nil {
		return blob.Info{}, err
	}
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, single)
	if err != nil && !errors.Is(err, io.EOF) {
		return blob.Info{}, err
	}
	// An MD5 of every request instead of signed chunks: all that speak S3 know it.
	options := minio.PutObjectOptions{PartSize: part, NumThreads: 1, SendContentMd5: true, DisableContentSha256: true}
	body, size := io.Reader(&head), n
	if err == nil {
		body, size = io.MultiReader(&head, r), -1
	}
	up, err := s.client.PutObject(ctx, s.bucket, name, body, size, options)
	if err != nil {
		return blob.Info{}, explain(key, err)
	}
	return blob.Info{Key: key, Size: up.Size, Modified: up.LastModified}, nil
}

// Open asks for the object's size at once and for its bytes as they are read.
func (s *Store) Open(ctx context.Context, key string) (blob.Object, error) {
	key, name, err := s.name(key)
	if err != nil {
		return nil, err
	}
	o, err := s.client.GetObject(ctx, s.bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, explain(key, err)
	}
	st, err := o.Stat()
	if err != nil {
		_ = o.Close() // nothing was read
		return nil, explain(key, err)
	}
	return &object{o, blob.Info{Key: key, Size: st.Size, Modified: st.LastModified}}, nil
}

type object struct {
	*minio.Object
	info blob.Info
}

func (o *object) Info() blob.Info { return o.info }

// List asks for one level of keys.
func (s *Store) List(ctx context.Context, key string) ([]blob.Info, error) {
	key, err := blob.Clean(key)
	if err != nil {
		return nil, err
	}
	below := s.prefix
	if key != "" {
		below += key + "/"
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var out []blob.Info
	for o := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: below}) {
		if o.Err != nil {
			return nil, explain(key, o.Err)
		}
		name := strings.TrimPrefix(o.Key, s.prefix)
		if folder, ok := strings.CutSuffix(name, "/"); ok {
			out = append(out, blob.Info{Key: folder, Folder: true})
			continue
		}
		out = append(out, blob.Info{Key: name, Size: o.Size, Modified: o.LastModified})
	}
	slices.SortFunc(out, func(a, b blob.Info) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// Delete removes the object and everything below it.
func (s *Store) Delete(ctx context.Context, key string) error {
	key, name, err := s.name(key)
	if err != nil {
		return err
	}
	if err := s.client.RemoveObject(ctx, s.bucket, name, minio.RemoveObjectOptions{}); err != nil && !missing(err) {
		return explain(key, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: name + "/", Recursive: true}) {
		if o.Err != nil {
			return explain(key, o.Err)
		}
		if err := s.client.RemoveObject(ctx, s.bucket, o.Key, minio.RemoveObjectOptions{}); err != nil {
			return explain(key, err)
		}
	}
	return nil
}

func missing(err error) bool {
	return minio.ToErrorResponse(err).StatusCode == http.StatusNotFound
}

// explain makes a fault of what S3 said.
func explain(key string, err error) error {
	said := minio.ToErrorResponse(err)
	switch {
	case fault.Of(err) != nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err // of the reader, or the caller's end
	case said.StatusCode == http.StatusNotFound:
		return fault.NotFoundf("no file at %s", key)
	case said.StatusCode == http.StatusForbidden:
		return fault.Newf(fault.Internal, "the server's S3 credentials do not allow access to %s", key).Because(err)
	case said.StatusCode == 0 || said.StatusCode >= 500:
		return fault.Unavailablef("S3 did not take or give %s", key).Because(err)
	}
	return fault.Newf(fault.Internal, "S3 object %s", key).Because(err)
}
