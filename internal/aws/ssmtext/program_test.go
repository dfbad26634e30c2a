package ssmtext_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/ssmtext"
)

// A program's message is found in every form in which Systems Manager is known to report exceptions.
func TestProgram(t *testing.T) {
	t.Parallel()
	const polling = "Step fails when it is Poll action status for completion. "
	const frames = "Traceback (most recent call last):\n  File " +
		"\"/tmp/b2c0b7c2-2021-05-24-14-57-35/customer_script.py\", line 400, in handler\n" +
		"    return run_repair(repair, {\"kms:DescribeKey\": \"read\"}, events, context)\n" +
		"  File \"/tmp/b2c0b7c2-2021-05-24-14-57-35/customer_script.py\", line 180, in _run\n    raise failure.with_traceback(None) from None\n\n"
	for name, tc := range map[string]struct {
		text     string
		want     ssmtext.Said
		sentence string
	}{
		"type, hyphen": {polling + frames + "Refused - hubmend:refused It is asymmetric." + guide,
			ssmtext.Said{Word: "refused", Text: "It is asymmetric"}, "It is asymmetric."},
		"type, colon": {polling + frames + "Refused: hubmend:refused It is asymmetric." + guide,
			ssmtext.Said{Word: "refused", Text: "It is asymmetric"}, "It is asymmetric."},
		"module before the type": {polling + frames + "customer_script.Refused: hubmend:refused It is asymmetric" +
			guide, ssmtext.Said{Word: "refused", Text: "It is asymmetric"}, "It is asymmetric."},
		"without a traceback": {polling + "Unverified - hubmend:unverified It is off." + guide,
			ssmtext.Said{Word: "unverified", Text: "It is off"}, "It is off."},
		"without a type": {polling + "hubmend:unverified It is off." + guide,
			ssmtext.Said{Word: "unverified", Text: "It is off"}, "It is off."},
		"without anything": {"hubmend:refused No", ssmtext.Said{Word: "refused", Text: "No"}, "No."},
		"older prefix": {
			"Automation Step Execution fails when it is Poll action status for completion. Refused: hubmend:refused No." + guide, ssmtext.Said{Word: "refused", Text: "No"}, "No."},
		"another prefix": {"Something new: Refused - hubmend:refused No." + guide,
			ssmtext.Said{Word: "refused", Text: "No"}, "No."},
		"chained": {polling + frames +
			"KeyError - 'x'\n\nDuring handling of the above exception, another exception occurred:\n\n" + frames +
			"Refused - hubmend:refused No." + guide,
			ssmtext.Said{Word: "refused", Text: "No"}, "No."},
		"a read": {polling + frames +
			"Failure - hubmend:read NotFoundException kms:DescribeKey: Key 'x' does not exist" + guide,
			ssmtext.Said{Word: "read", Code: "NotFoundException", Call: "kms:DescribeKey",
				Text: "Key 'x' does not exist"}, "kms:DescribeKey answered NotFoundException: Key 'x' does not exist."},
		"a code with a dot": {polling +
			"Failure: hubmend:write InvalidGroup.NotFound ec2:RevokeSecurityGroupIngress: no" + guide,
			ssmtext.Said{Word: "write", Code: "InvalidGroup.NotFound", Call: "ec2:RevokeSecurityGroupIngress",
				Text: "no"}, "ec2:RevokeSecurityGroupIngress answered InvalidGroup.NotFound: no."},
		"no message": {"hubmend:check Unknown s3-control:GetX: ",
			ssmtext.Said{Word: "check", Code: "Unknown", Call: "s3-control:GetX"}, "s3-control:GetX answered Unknown."},
		"a quotation inside": {polling +
			"Failure - hubmend:recall AccessDenied kms:X: the name is hubmend:refused please" + guide,
			ssmtext.Said{Word: "recall", Code: "AccessDenied", Call: "kms:X",
				Text: "the name is hubmend:refused please"},
			"kms:X answered AccessDenied: the name is hubmend:refused please."},
		"lines": {polling + "Refused - hubmend:refused One.\nTwo." + guide,
			ssmtext.Said{Word: "refused", Text: "One.\nTwo"}, "One.\nTwo."},
		"cut off in the text": {polling + frames +
			"Failure - hubmend:read AccessDenied kms:DescribeKey: User: arn:aws:sts",
			ssmtext.Said{Word: "read", Code: "AccessDenied", Call: "kms:DescribeKey", Text: "User: arn:aws:sts"},
			"kms:DescribeKey answered AccessDenied: User: arn:aws:sts."},
		"cut off in the call": {polling + "Failure - hubmend:read AccessDenied kms:Descr",
			ssmtext.Said{Word: "read", Text: "AccessDenied kms:Descr"}, "AccessDenied kms:Descr."},
		"cut off at the front": {
			"mer_script.py\", line 180, in _run\n\nFailure - hubmend:write Throttling kms:X: Slow down." + guide,
			ssmtext.Said{Word: "write", Code: "Throttling", Call: "kms:X", Text: "Slow down"},
			"kms:X answered Throttling: Slow down."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, is := ssmtext.Program(tc.text)
			if diff := cmp.Diff(tc.want, got); diff != "" || !is {
				t.Errorf("%t (-want +got):\n%s", is, diff)
			}
			if got := ssmtext.Sentence(tc.text); got != tc.sentence {
				t.Errorf("Sentence = %q, want %q", got, tc.sentence)
			}
			if got := ssmtext.Code(tc.text); got != tc.want.Code {
				t.Errorf("Code = %q", got)
			}
			if got := ssmtext.IsRefusal(tc.text); got != (tc.want.Word == ssmtext.Refused) {
				t.Errorf("IsRefusal = %t", got)
			}
		})
	}
	for name, text := range map[string]string{
		"a bug":              polling + frames + "KeyError - 'hubmend'" + guide,
		"another word":       polling + "Failure - hubmend:maybe x" + guide,
		"a document's name":  "hubmend-EnableKeyRotation refused this",
		"cut off in a word":  polling + frames + "Failure - hubmend:ref",
		"another's prefix":   polling + "xhubmend:refused no" + guide,
		"of the older kind":  polling + "NotImplementedError - no." + guide,
		"a call of AWS":      "An error occurred (X) when calling the Y operation: z",
		"only the traceback": polling + frames,
	} {
		if got, is := ssmtext.Program(text); is {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
