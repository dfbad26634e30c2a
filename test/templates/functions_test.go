package templates_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/admin"
	"hubmend/infra/app"
	"hubmend/internal/engine/naming"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	timeouts := map[string]float64{"hubmend-dispatch": 30, "hubmend-settle": 60, "hubmend-sweep": 290,
		"hubmend-custom-action": 60}
	for name, timeout := range timeouts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := stack.one(t, "AWS::Lambda::Function", "FunctionName", name).Properties
			if f["Runtime"] != "provided.al2023" || !cmp.Equal(f["Architectures"], []any{"arm64"}) ||
				f["Timeout"] != timeout {
				t.Errorf("Runtime %v, Architectures %v, Timeout %v", f["Runtime"], f["Architectures"], f["Timeout"])
			}
			logs := stack.behind(at(f, "LoggingConfig", "LogGroup")).Properties
			if at(f, "LoggingConfig", "LogFormat") != "JSON" || logs["LogGroupName"] != "/aws/lambda/"+name ||
				logs["RetentionInDays"] != 365.0 {
				t.Errorf("logging = %v into %v", f["LoggingConfig"], logs)
			}
		})
	}
	if got := len(stack.all("AWS::Lambda::Function")); got != len(timeouts) {
		t.Errorf("%d functions, want %d: did the CDK add one?", got, len(timeouts))
	}
}

// The template sets exactly the environment variables that a function reads in its package below
// internal/engine/lambdas and, for settings, in internal/engine/function.
func TestFunctionsAreToldWhatTheyRead(t *testing.T) {
	t.Parallel()
	value := environmentNames(t)
	settings := mentioned(parsed(t, "../../internal/engine/function/function.go"), "settings")
	if len(settings) < 5 {
		t.Fatalf("the settings are read from %v; has the function another name now?", settings)
	}
	for _, folder := range admin.Functions() {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			want := map[string]bool{}
			name := strings.ReplaceAll(folder, "-", "")
			names := mentioned(parsed(t, "../../internal/engine/lambdas/"+name+"/"+name+".go"), "Start")
			if len(names) > 0 {
				names = append(names, settings...) // function.Load reads them
			}
			for _, name := range names {
				want[value[name]] = true
			}
			variables, _ := at(templates[app.Admin].one(t, "AWS::Lambda::Function", "FunctionName",
				naming.Prefix+folder).Properties, "Environment", "Variables").(object)
			got := map[string]bool{}
			for name, v := range variables {
				got[name] = true
				if v == nil || v == "" {
					t.Errorf("%s is empty", name)
				}
				if !strings.HasPrefix(name, "HUBMEND_") {
					t.Errorf("%s may be a name that Lambda keeps for itself", name)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("environment (-read +given):\n%s", diff)
			}
		})
	}
}

func parsed(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// environmentNames returns the value of each constant naming.Env*.
func environmentNames(t *testing.T) map[string]string {
	t.Helper()
	value := map[string]string{}
	ast.Inspect(parsed(t, "../../internal/engine/naming/environment.go"), func(n ast.Node) bool {
		if s, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(s.Names[0].Name, "Env") {
			value[s.Names[0].Name], _ = strconv.Unquote(s.Values[0].(*ast.BasicLit).Value)
		}
		return true
	})
	return value
}

// mentioned lists the constants naming.Env* that a function of a file mentions.
func mentioned(f *ast.File, function string) []string {
	var names []string
	for _, d := range f.Decls {
		if d, ok := d.(*ast.FuncDecl); !ok || d.Name.Name != function {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "naming" && strings.HasPrefix(s.Sel.Name, "Env") {
				names = append(names, s.Sel.Name)
			}
			return true
		})
	}
	return names
}

func TestFunctionsWorkOffTheirQueues(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	concurrency := map[any]float64{"hubmend-dispatch": 30, "hubmend-settle": 4}
	mappings := stack.all("AWS::Lambda::EventSourceMapping")
	for _, m := range mappings {
		queue := stack.behind(m.Properties["EventSourceArn"]).Properties
		f := stack.behind(m.Properties["FunctionName"]).Properties
		if queue["VisibilityTimeout"] != 6*f["Timeout"].(float64) {
			t.Errorf("%v hides messages for %v s, %v may take %v s", queue["QueueName"], queue["VisibilityTimeout"],
				f["FunctionName"], f["Timeout"])
		}
		got := maps.Clone(m.Properties)
		delete(got, "EventSourceArn")
		delete(got, "FunctionName")
		want := object{
			"BatchSize": 20.0, "MaximumBatchingWindowInSeconds": 2.0,
			"FunctionResponseTypes": []any{"ReportBatchItemFailures"},
			"ScalingConfig":         object{"MaximumConcurrency": concurrency[f["FunctionName"]]},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", f["FunctionName"], diff)
		}
	}
	if len(mappings) != 2 {
		t.Errorf("%d event source mappings, want 2", len(mappings))
	}
}
