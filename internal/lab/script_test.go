package lab_test

import (
	"encoding/json"
	"strings"
	"testing"

	"hubmend/internal/lab"
)

// enforced is a lab in which roles may do only what their policies say.
func enforced(t *testing.T) world {
	t.Helper()
	return upAs(t, stacks{}, func(c *lab.Config) { c.Enforce = true })
}

// runner makes a role that Systems Manager assumes.
func (w world) runner(t *testing.T, name string, statements ...any) (arn string) {
	t.Helper()
	arn = w.role(t, member, name, trust(object{"Service": "ssm.amazonaws.com"}, nil))
	text, err := json.Marshal(object{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	w.call(t, member, "iam", "PutRolePolicy",
		object{"RoleName": name, "PolicyName": "own", "PolicyDocument": string(text)})
	return arn
}

func allows(resource string, actions ...string) object {
	return object{"Effect": "Allow", "Action": actions, "Resource": resource}
}

// create makes a document by the API.
func (w world) create(t *testing.T, name, content string) {
	t.Helper()
	w.call(t, member, "ssm", "CreateDocument",
		object{"Name": name, "DocumentType": "Automation", "DocumentFormat": "YAML", "Content": content})
}

// rehearse starts a document, waits and gives the execution.
func (w world) rehearse(t *testing.T, name string, parameters object) object {
	t.Helper()
	input := object{"DocumentName": name}
	if parameters != nil {
		input["Parameters"] = parameters
	}
	id := w.call(t, member, "ssm", "StartAutomationExecution", input)["AutomationExecutionId"]
	w.quiet(t)
	e, _ := at(w.call(t, member, "ssm", "GetAutomationExecution", object{"AutomationExecutionId": id}),
		"AutomationExecution").(object)
	return e
}

const rotation = `
schemaVersion: "0.3"
assumeRole: "arn:aws:iam::222222222222:role/ROLE"
parameters:
  KeyId: {type: String}
mainSteps:
  - name: rotate
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      InputPayload: {KeyId: "{{ KeyId }}"}
      Script: |-
        import boto3

        def main(events, context):
            kms = boto3.client("kms")
            kms.enable_key_rotation(KeyId=events["KeyId"])
            return {
                "Enabled": kms.get_key_rotation_status(KeyId=events["KeyId"])["KeyRotationEnabled"],
                "Who": boto3.client("sts").get_caller_identity()["Arn"],
                "Where": [context["global:REGION"], kms.meta.region_name, context["global:ACCOUNT_ID"]],
            }
    outputs:
      - {Name: Enabled, Selector: $.Payload.Enabled, Type: Boolean}
      - {Name: Who, Selector: $.Payload.Who, Type: String}
      - {Name: Where, Selector: $.Payload.Where, Type: StringList}
outputs: [rotate.Enabled, rotate.Who, rotate.Where]
`

// A script calls AWS under the role of its document, and every call is judged by the role's policies.
func TestScriptCallsUnderTheDocumentsRole(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	w.runner(t, "may", allows("*", "kms:EnableKeyRotation", "kms:GetKeyRotationStatus"))
	w.runner(t, "may-not", allows("*", "kms:GetKeyRotationStatus"))
	w.create(t, "Rotate", strings.ReplaceAll(rotation, "ROLE", "may"))
	w.create(t, "Denied", strings.ReplaceAll(rotation, "ROLE", "may-not"))
	key := at(w.call(t, member, "kms", "CreateKey", object{}), "KeyMetadata", "KeyId")

	e := w.rehearse(t, "Denied", object{"KeyId": []any{key}})
	const begins = "Step fails when it is Poll action status for completion. Traceback (most recent call last):\n  " +
		"File \"/tmp/customer_script.py\", line 5, in main\n"
	const says = "ClientError - An error occurred (AccessDeniedException) when calling the EnableKeyRotation " +
		"operation: User: arn:aws:sts::222222222222:assumed-role/may-not/Automation-"
	message, _ := e["FailureMessage"].(string)
	if e["AutomationExecutionStatus"] != "Failed" || !strings.HasPrefix(message, begins) ||
		!strings.Contains(message, "\n\n"+says) {
		t.Errorf("%v: %s", e["AutomationExecutionStatus"], message)
	}
	if w.call(t, member, "kms", "GetKeyRotationStatus", object{"KeyId": key})["KeyRotationEnabled"] != false {
		t.Error("a script changed what its role may not change")
	}

	e = w.rehearse(t, "Rotate", object{"KeyId": []any{key}})
	if e["AutomationExecutionStatus"] != "Success" || at(e, "Outputs", "rotate.Enabled", 0) != "true" {
		t.Fatalf("%v: %v", e["AutomationExecutionStatus"], e["FailureMessage"])
	}
	if who, _ := at(e, "Outputs", "rotate.Who", 0).(string); !strings.HasPrefix(who,
		"arn:aws:sts::222222222222:assumed-role/may/Automation-") {
		t.Errorf("the caller is %s", who)
	}
	for i, want := range []string{home, home, member} {
		if got := at(e, "Outputs", "rotate.Where", i); got != want {
			t.Errorf("Where[%d] is %v, want %s", i, got, want)
		}
	}
}

func TestCreateDocumentRefusesARuntime(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	w.refused(t, member, "ssm", "CreateDocument", object{
		"Name": "Old", "DocumentType": "Automation", "DocumentFormat": "YAML",
		"Content": strings.Replace(rotation, "python3.11", "python3.8", 1),
	}, "InvalidDocumentContent", `step rotate: Runtime "python3.8" is not one of python3.10, python3.11, python3.12`)
}

const printing = `
schemaVersion: "0.3"
assumeRole: "arn:aws:iam::222222222222:role/ROLE"
mainSteps:
  - name: talk
    action: aws:executeScript
    maxAttempts: 2
    inputs:
      Runtime: python3.11
      Handler: main
      Script: |-
        def main(events, context):
            print("so far")
            raise ValueError("no further")
`

// The output of a script goes to CloudWatch Logs, under the role of the document, if the account has that setting.
func TestScriptLog(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	const group = "/aws/ssm/automation/executeScript"
	const destination = "/ssm/automation/customer-script-log-destination"
	w.runner(t, "silent", allows("*", "kms:ListKeys"))
	w.runner(t, "talks",
		allows("*", "logs:DescribeLogGroups"),
		allows("arn:aws:logs:*:222222222222:log-group:"+group+":*", "logs:CreateLogGroup", "logs:DescribeLogStreams",
			"logs:CreateLogStream", "logs:PutLogEvents"))
	w.create(t, "Silent", strings.ReplaceAll(printing, "ROLE", "silent"))
	w.create(t, "Talks", strings.ReplaceAll(printing, "ROLE", "talks"))
	fails := func(document, message string) object {
		e := w.rehearse(t, document, nil)
		if got, _ := e["FailureMessage"].(string); e["AutomationExecutionStatus"] != "Failed" ||
			!strings.Contains(got, message) {
			t.Errorf("%s is %v: %s; want %s", document, e["AutomationExecutionStatus"], got, message)
		}
		return e
	}

	fails("Silent", "no further")
	if out := w.call(t, member, "logs", "DescribeLogGroups", object{}); len(out["logGroups"].([]any)) > 0 {
		t.Errorf("the log groups are %v", out)
	}
	setting := func() any {
		return at(w.call(t, member, "ssm", "GetServiceSetting", object{"SettingId": destination}), "ServiceSetting",
			"Status")
	}
	if setting() != "Default" {
		t.Errorf("the setting is %v", setting())
	}
	w.call(t, member, "ssm", "UpdateServiceSetting", object{
		"SettingId": "arn:aws:ssm:" + home + ":222222222222:servicesetting" + destination, "SettingValue": "CloudWatch",
	})
	fails("Silent", "write the log of the script: an error occurred (AccessDeniedException) when calling the "+
		"DescribeLogGroups operation: User: arn:aws:sts::222222222222:assumed-role/silent/")
	e := fails("Talks", "no further")
	events := w.call(t, member, "logs", "GetLogEvents",
		object{"logGroupName": group, "logStreamName": e["AutomationExecutionId"].(string) + "/talk"})
	for i := range 2 { // one for each attempt
		if got := at(events, "events", i, "message"); got != "so far" {
			t.Errorf("event %d is %v", i, got)
		}
	}
	if setting() != "Customized" {
		t.Errorf("the setting is %v", setting())
	}
	w.call(t, member, "ssm", "ResetServiceSetting", object{"SettingId": destination})
	fails("Silent", "no further")
	w.refused(t, member, "ssm", "GetServiceSetting", object{"SettingId": "/ssm/other"}, "ServiceSettingNotFound",
		"/ssm/other")
}

// Without a role the steps are their starter's, and a script has no credentials.
func TestDocumentWithoutARole(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	content := `
schemaVersion: "0.3"
mainSteps:
  - {name: look, action: aws:executeAwsApi, inputs: {Service: sts, Api: GetCallerIdentity}, outputs: [{Name: Who, Selector: $.Arn, Type: String}]}
  - name: talk
    action: aws:executeScript
    inputs: {Runtime: python3.11, Handler: main, Script: "import boto3\ndef main(e, c):\n  boto3.client('sts').get_caller_identity()"}
outputs: [look.Who]`
	w.create(t, "Anybody", content)
	e := w.rehearse(t, "Anybody", nil)
	if got := at(e, "Outputs", "look.Who", 0); got != "arn:aws:iam::222222222222:user/lab-operator" {
		t.Errorf("the steps run as %v", got)
	}
	if message, _ := e["FailureMessage"].(string); !strings.Contains(message,
		"NoCredentialsError - Unable to locate credentials") {
		t.Errorf("the script ends with %s", message)
	}
}
