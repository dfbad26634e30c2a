// Package dist_test holds the kept templates, and the folder for users of the console that is
// made of them, against what `cdk synth` wrote.
package dist_test

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/build/dist"
	"hubmend/internal/build/templates"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/internal/lab/cfn"
	"hubmend/test/assembly"
)

const (
	synthesized = "../../cdk.out"
	kept        = "../../templates"
	functions   = "../../build/lambdas" // where the synth compiles them

	account = "111111111111"
	home    = "us-east-1"
)

type object = map[string]any

// The templates of the repository are those that the app synthesizes.
func TestTemplatesAreKept(t *testing.T) {
	t.Parallel()
	want, err := templates.Of(synthesized, catalog.Embedded().Versions())
	if err != nil {
		t.Fatal(err)
	}
	differ, err := templates.Differences(kept, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range differ {
		t.Errorf("templates/%s; run `make templates` and look at the diff", problem)
	}
}

// uploads writes the folder for users of the console.
func uploads(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	if err := dist.Write(dist.Source{Templates: kept, Functions: functions}, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// The uploaded templates deploy what the CDK would, and each file that is taken from the bucket
// is there and is the file that the CDK would have taken.
func TestDistDeploysWhatTheCDKDoes(t *testing.T) {
	t.Parallel()
	dir := uploads(t)
	rollout := map[string]string{"OrganizationalUnits": "r-a1b2", "Regions": "us-east-1,eu-west-1"}
	member := map[string]string{"AdministratorAccount": account}
	for name, parameters := range map[string]map[string]string{
		naming.AdminStack: {}, naming.RolloutStack: rollout, naming.MemberRolesStack: member,
		naming.MemberRunbooksStack: {"AdministratorAccount": account, "AdministratorRegion": home},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := deployed(t, filepath.Join(synthesized, name+templates.Suffix), parameters, synthesizedAsset)
			file := filepath.Join(dir, strings.TrimPrefix(name, naming.Mark)+templates.Suffix)
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
			} else if name == naming.AdminStack || name == naming.RolloutStack {
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

// synthesizedAsset puts the digest of an asset for the place that the CDK uploads it to.
func synthesizedAsset(value string) string {
	bucket := "cdk-hnb659fds-assets-" + account + "-" + home
	key := value[strings.LastIndex(value, "/")+1:]
	hash, extension, _ := strings.Cut(key, ".")
	for _, path := range []string{"asset." + key, "asset." + hash + "/bootstrap"} {
		text, err := os.ReadFile(filepath.Join(synthesized, path))
		if err != nil || extension == "" {
			continue
		}
		if extension == "json" {
			text = meaning(text)
		}
		return sum(text)
	}
	return strings.ReplaceAll(value, bucket, "THE-BUCKET")
}

// meaning is the text of a template without its order of keys and its white space.
func meaning(text []byte) []byte {
	var whole any
	if json.Unmarshal(text, &whole) != nil {
		return text
	}
	same, _ := json.Marshal(whole) // it was JSON
	return same
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
	return sum(meaning(text))
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
		AccountID: account, Region: home, Partition: "aws", URLSuffix: "amazonaws.com", StackName: "hubmend",
		StackID: "stack/hubmend",
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
		resources[id] = object{"Type": r.Type, "Properties": normalized(r.Properties, normal),
			"DeletionPolicy": r.DeletionPolicy}
		e.Record(id, "ref of "+id, attributes[id])
	}
	if len(resources) == 0 {
		t.Errorf("%s has no resources", file)
	}
	return resources
}

// attributesOf returns a value for every attribute that a template uses.
func attributesOf(t *testing.T, text []byte) map[string]object {
	t.Helper()
	var whole any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	all := map[string]object{}
	assembly.Walk(whole, func(o object) {
		path, _ := o["Fn::GetAtt"].([]any)
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

// The README names every parameter that must be given, and none that no template has.
func TestInstructionsNameTheParameters(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(uploads(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	declared := map[string]bool{}
	for _, name := range []string{"admin", "rollout", "member-roles", "member-runbooks"} {
		var template struct{ Parameters map[string]object }
		assembly.Read(t, filepath.Join(kept, naming.Mark+name+templates.Suffix), &template)
		for parameter, p := range template.Parameters {
			declared[parameter] = true
			if p["Default"] == nil && !strings.Contains(readme, "`"+parameter+"`") {
				t.Errorf("the README does not name %s of %s", parameter, name)
			}
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[A-Z].*?`) \\|").FindAllStringSubmatch(readme, -1) {
		for parameter := range strings.SplitSeq(strings.ReplaceAll(row[1], "`", ""), ", ") {
			if !declared[parameter] {
				t.Errorf("no template has the parameter %s", parameter)
			}
		}
	}
}
