package lab_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hubmend/internal/build/compile"
	"hubmend/internal/build/templates"
	"hubmend/internal/lab"
)

// functionName is what templates call the function of testdata.
const functionName = "tests"

// functionDir is where the function of testdata is built when the first test wants it.
var functionDir string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if functionDir, err = os.MkdirTemp("", "lab"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(functionDir)
	return m.Run()
}

var buildFunction = sync.OnceValue(func() error {
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(functionDir, "bootstrap"),
		"./testdata/bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the tests' function: %w\n%s", err, out)
	}
	return nil
})

// testsFunction gives the program of the tests' function, as lab.Programs does.
func testsFunction(_ context.Context, name string) (string, error) {
	if name != functionName {
		return "", fmt.Errorf("there is no function %q", name)
	}
	return filepath.Join(functionDir, compile.Binary), buildFunction()
}

// deployed gives a function with the role that it runs under.
func deployed(name, order string) resources {
	return resources{
		name + "Role": resource("AWS::IAM::Role",
			object{"RoleName": name + "-function",
				"AssumeRolePolicyDocument": trust(object{"Service": "lambda.amazonaws.com"}, nil)}),
		name: resource("AWS::Lambda::Function", object{
			"FunctionName": name, "Role": object{"Fn::GetAtt": []any{name + "Role", "Arn"}}, "Timeout": 30,
			"Code": object{
				"S3Bucket": object{"Ref": templates.CodeBucket},
				"S3Key":    object{"Fn::Sub": "${CodePrefix}assets/" + functionName + ".zip"}},
			"Environment": object{"Variables": object{"ORDER": order, "QUEUE": "https://queues/" + admin + "/" + name}},
		}),
	}
}

// fed gives a function with a queue of its name, from which a message goes to the dead
// letters when it was received twice.
func fed(name string) resources {
	r := deployed(name, "")
	r[name+"Dead"] = queue(name + "-dlq")
	r[name+"Queue"] = resource("AWS::SQS::Queue", object{"QueueName": name, "VisibilityTimeout": 180,
		"RedrivePolicy": object{"deadLetterTargetArn": object{"Fn::GetAtt": []any{name + "Dead", "Arn"}},
			"maxReceiveCount": 2}})
	r[name+"Mapping"] = resource("AWS::Lambda::EventSourceMapping", object{
		"EventSourceArn": object{"Fn::GetAtt": []any{name + "Queue", "Arn"}}, "FunctionName": object{"Ref": name},
		"FunctionResponseTypes": []any{"ReportBatchItemFailures"}})
	return r
}

// merged gives all resources of some.
func merged(all ...resources) resources {
	out := resources{}
	for _, r := range all {
		for name, value := range r {
			out[name] = value
		}
	}
	return out
}

// said is a line of the function.
type said struct {
	at        time.Time
	msg, text string
}

// journal collects what functions say.
type journal struct {
	mu    sync.Mutex
	lines []said
}

func (j *journal) log(_, line string) {
	var l struct{ Msg, Text string }
	if json.Unmarshal([]byte(line), &l) != nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, said{time.Now(), l.Msg, l.Text})
}

// of gives the lines with a message.
func (j *journal) of(msg string) []said {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(j.lines), func(s said) bool { return s.msg != msg })
}

// texts gives the texts of the lines with a message.
func (j *journal) texts(msg string) []string {
	var all []string
	for _, s := range j.of(msg) {
		all = append(all, s.text)
	}
	return all
}

// upWithFunction starts a lab whose functions' lines are kept.
func upWithFunction(t *testing.T, s stacks) (world, *journal) {
	t.Helper()
	j := &journal{}
	return upAs(t, s, func(c *lab.Config) { c.Log = j.log }), j
}

// send puts orders on a queue of the administrator's, as one message.
func (w world) send(t *testing.T, name string, orders ...string) {
	t.Helper()
	w.call(t, admin, "sqs", "SendMessage",
		object{"QueueUrl": w.Endpoint() + "/" + admin + "/" + name, "MessageBody": strings.Join(orders, "\n")})
}

// visible counts the messages of a queue of the administrator's.
func (w world) visible(t *testing.T, name string) any {
	t.Helper()
	out := w.call(t, admin, "sqs", "GetQueueAttributes",
		object{"QueueUrl": name, "AttributeNames": []any{"ApproximateNumberOfMessages"}})
	return at(out, "Attributes", "ApproximateNumberOfMessages")
}

// told lists the entries of a kind.
func (w world) told(kind lab.Kind) []string {
	var texts []string
	for _, e := range w.Story() {
		if e.Kind == kind {
			texts = append(texts, e.Text)
		}
	}
	return texts
}
