package templates_test

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/internal/cfn"
	"hubmend/internal/dist"
)

// uploads writes the folder for users of the console, as from an assembly in this folder.
func uploads(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	if err := dist.Write(filepath.Dir(templates[app.Admin].File), out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDistIsLinted(t *testing.T) {
	t.Parallel()
	dir := uploads(t)
	var files []string
	for _, pattern := range []string{"*.json", "assets/*.json"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		files = append(files, found...)
	}
	lint(t, files)
}

// Whoever deploys the uploaded templates gets what the CDK would deploy, and each file that
// is taken from the bucket is there and is the file that the CDK would have taken.
func TestDistDeploysWhatTheCDKDoes(t *testing.T) {
	t.Parallel()
	dir := uploads(t)
	rollout := map[string]string{"OrganizationalUnits": "r-a1b2", "Regions": "us-east-1,eu-west-1"}
	member := map[string]string{"AdministratorAccount": account}
	for name, parameters := range map[string]map[string]string{
		app.Admin: {}, app.Rollout: rollout, app.MemberRoles: member,
		app.MemberRunbooks: {"AdministratorAccount": account, "AdministratorRegion": home},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := deployed(t, templates[name].File, parameters, synthesizedAsset(filepath.Dir(templates[name].File)))
			file := filepath.Join(dir, strings.TrimPrefix(name, "hubmend-")+".template.json")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			uploaded := map[string]string{}
			for p, v := range parameters {
				uploaded[p] = v
			}
			if strings.Contains(string(text), "CodeBucket") {
				uploaded["CodeBucket"], uploaded["CodePrefix"] = "my-files", "some/where/"
			} else if name == app.Admin || name == app.Rollout {
				t.Error("it takes nothing from the bucket")
			}
			got := deployed(t, file, uploaded, func(value string) string {
				key, ok := strings.CutPrefix(value, "some/where/")
				if _, after, isURL := strings.Cut(value, "/my-files/some/where/"); isURL {
					key, ok = after, true
				}
				if !ok {
					return strings.ReplaceAll(value, "my-files", "THE-BUCKET")
				}
				return digest(t, filepath.Join(dir, key))
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the resources (-CDK +dist):\n%s", diff)
			}
		})
	}
}

const (
	account = "111111111111"
	home    = "us-east-1"
)

// synthesizedAsset puts the digest of an asset for the place that the CDK uploads it to.
func synthesizedAsset(dir string) func(string) string {
	bucket := "cdk-hnb659fds-assets-" + account + "-" + home
	return func(value string) string {
		key := value[strings.LastIndex(value, "/")+1:]
		hash, extension, _ := strings.Cut(key, ".")
		for _, path := range []string{"asset." + key, "asset." + hash + "/bootstrap"} {
			if text, err := os.ReadFile(filepath.Join(dir, path)); err == nil && extension != "" {
				return sum(text)
			}
		}
		for _, product := range templates.products() { // these are named after their stack
			if strings.HasPrefix(value, "https://") && sum([]byte(product.Text)) == hash {
				return hash
			}
		}
		return strings.ReplaceAll(value, bucket, "THE-BUCKET")
	}
}

// digest is that of a file or of the program in a zip.
func digest(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil && strings.HasSuffix(file, ".zip") {
		text, err = program(file)
	}
	if err != nil {
		t.Error(err)
	}
	return sum(text)
}

func program(file string) ([]byte, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	f, err := z.Open("bootstrap")
	if err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}

func sum(text []byte) string {
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:])
}

// deployed evaluates a template as CloudFormation would. Each text goes through normal.
func deployed(t *testing.T, file string, parameters map[string]string, normal func(string) string) map[string]object {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := cfn.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	e, err := parsed.Resolve(cfn.Environment{
		AccountID: account, Region: home, Partition: "aws", URLSuffix: "amazonaws.com", StackName: "hubmend", StackID: "stack/hubmend",
	}, parameters)
	if err != nil {
		t.Fatal(err)
	}
	order, err := e.Order()
	if err != nil {
		t.Fatal(err)
	}
	attributes := attributesOf(t, text)
	resources := map[string]object{}
	for _, id := range order {
		r, err := e.Resource(id)
		if err != nil {
			t.Fatal(err)
		}
		resources[id] = object{"Type": r.Type, "Properties": normalized(r.Properties, normal), "DeletionPolicy": r.DeletionPolicy}
		e.Record(id, "ref of "+id, attributes[id])
	}
	if len(resources) == 0 {
		t.Errorf("%s has no resources", file)
	}
	return resources
}

// attributesOf gives a value to every attribute that a template asks for.
func attributesOf(t *testing.T, text []byte) map[string]object {
	t.Helper()
	var whole any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	all := map[string]object{}
	walk(whole, func(o object) {
		path := list(o["Fn::GetAtt"])
		if len(path) != 2 {
			return
		}
		id, name := fmt.Sprint(path[0]), fmt.Sprint(path[1])
		if all[id] == nil {
			all[id] = object{}
		}
		all[id][name] = name + " of " + id
	})
	return all
}

func normalized(v any, normal func(string) string) any {
	switch v := v.(type) {
	case object:
		for key, item := range v {
			v[key] = normalized(item, normal)
		}
		return v
	case []any:
		for i, item := range v {
			v[i] = normalized(item, normal)
		}
		return v
	case string:
		return normal(v)
	default:
		return v
	}
}
