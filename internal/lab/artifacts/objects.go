package artifacts

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"hubmend/internal/build/compile"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cfn"
	"hubmend/internal/lab/world"
)

// Artifacts are the templates and programs of stacks: those in the folders of the lab, and those that users uploaded
// to S3.
type Artifacts struct {
	lab       *world.World
	assembly  *Assembly
	root      string // of the checkout
	functions Programs
}

// New gives the artifacts of a lab, with the templates of an assembly and the programs of a checkout.
func New(w *world.World, assembly *Assembly, root string, functions Programs) *Artifacts {
	return &Artifacts{lab: w, assembly: assembly, root: root, functions: functions}
}

// Code gives the program of a function: the one compiled for this machine, or an uploaded one.
func (l *Artifacts) Code(ctx context.Context, at apicall.Place, bucket, key string) (program string, err error) {
	if bucket == ownBucket {
		return l.functions(ctx, strings.TrimSuffix(path.Base(key), ".zip"))
	}
	body, err := l.object(ctx, at, bucket, key)
	if err != nil {
		return "", fmt.Errorf("read the code %s from the bucket %s: %w", key, bucket, err)
	}
	dir := filepath.Join(l.root, "build", "lab", "assets", strings.TrimSuffix(filepath.Base(key), ".zip"))
	if err := unzip(body, dir); err != nil {
		return "", err
	}
	return l.program(ctx, filepath.Join(dir, compile.Binary))
}

// object reads an object of S3.
func (l *Artifacts) object(ctx context.Context, at apicall.Place, bucket, key string) ([]byte, error) {
	out, err := l.lab.Call(ctx,
		apicall.Call{Account: at.Account, Region: at.Region, Service: "s3", API: "GetObject",
			Input: map[string]any{"Bucket": bucket, "Key": key}})
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(apicall.Text(out["Body"]))
}

// virtualHost matches the host of an object's URL that contains the bucket.
var virtualHost = regexp.MustCompile(`^(.+)\.s3[.-][a-z0-9.-]*amazonaws\.com$`)

// bucketAndKey splits the URL of an object, at the endpoint of the lab or of AWS.
func bucketAndKey(address string) (bucket, key string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", err
	}
	key = strings.TrimPrefix(u.Path, "/")
	if m := virtualHost.FindStringSubmatch(u.Hostname()); m != nil {
		bucket = m[1]
	} else {
		bucket, key, _ = strings.Cut(key, "/")
	}
	if bucket == "" || key == "" {
		return "", "", fmt.Errorf("%q is not the URL of an object in S3", address)
	}
	return bucket, key, nil
}

// Template reads the template at a URL of S3: an uploaded one, or one of the lab.
func (l *Artifacts) Template(ctx context.Context, at apicall.Place, address string) (*cfn.Template, error) {
	bucket, key, err := bucketAndKey(address)
	if err != nil {
		return nil, err
	}
	if bucket == ownBucket {
		return l.assembly.referred(key)
	}
	body, err := l.object(ctx, at, bucket, key)
	if err != nil {
		return nil, fmt.Errorf("read the template %s: %w", address, err)
	}
	return cfn.Parse(body)
}

// unzip writes the files of an archive into a folder.
func unzip(body []byte, dir string) error {
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return fmt.Errorf("read the code of the function: %w", err)
	}
	for _, f := range archive.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if err := unzipFile(f, dir); err != nil {
			return fmt.Errorf("unpack %s: %w", f.Name, err)
		}
	}
	return nil
}

// maxUnzipped is Lambda's limit on the code of a function.
const maxUnzipped = 250 << 20

func unzipFile(f *zip.File, dir string) error {
	if !filepath.IsLocal(f.Name) {
		return fmt.Errorf("it is outside of the archive")
	}
	from, err := f.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	file := filepath.Join(dir, f.Name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	content, err := io.ReadAll(io.LimitReader(from, maxUnzipped))
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o755) //nolint:gosec // a program
}
