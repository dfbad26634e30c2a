package scripts_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rotatable makes the payload of a key that KMS can rotate and does not, with some fields
// changed.
func rotatable(fields map[string]any) map[string]any {
	key := map[string]any{"enabled": false, "spec": "SYMMETRIC_DEFAULT", "origin": "AWS_KMS", "manager": "CUSTOMER", "state": "Enabled"}
	maps.Copy(key, fields)
	return key
}

func TestDecideKeyRotation(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, "EnableKeyRotation", "decide")
	type decided struct {
		Action string
		Before map[string]bool
		Change string
	}
	enable := decided{"enable", map[string]bool{"KeyRotationEnabled": false}, "Turned on automatic rotation of the key."}
	none := decided{"none", map[string]bool{"KeyRotationEnabled": true}, "Nothing to change: automatic rotation of the key is on."}
	for name, tc := range map[string]struct {
		key  map[string]any
		want decided
		says []string // the error; when it must not go on
	}{
		"off":                  {want: enable},
		"primary":              {key: map[string]any{"kind": "PRIMARY", "primaryRegion": "eu-west-1"}, want: enable},
		"unset is the text ''": {key: map[string]any{"kind": "", "primaryRegion": ""}, want: enable},
		"on":                   {key: map[string]any{"enabled": true}, want: none},
		"on, and disabled":     {key: map[string]any{"enabled": true, "state": "Disabled"}, want: none},
		"on, and a replica":    {key: map[string]any{"enabled": true, "kind": "REPLICA", "primaryRegion": "us-east-1"}, want: none},
		"on, and AWS's":        {key: map[string]any{"enabled": true, "manager": "AWS"}, want: none},

		"RSA":             {key: map[string]any{"spec": "RSA_2048"}, says: []string{"it is asymmetric (RSA_2048)", "Rotate it by hand"}},
		"elliptic curve":  {key: map[string]any{"spec": "ECC_NIST_P256"}, says: []string{"it is asymmetric (ECC_NIST_P256)"}},
		"post-quantum":    {key: map[string]any{"spec": "ML_DSA_65"}, says: []string{"it is asymmetric (ML_DSA_65)"}},
		"SM2":             {key: map[string]any{"spec": "SM2"}, says: []string{"it is asymmetric (SM2)"}},
		"HMAC":            {key: map[string]any{"spec": "HMAC_256"}, says: []string{"it is an HMAC key (HMAC_256)", "Rotate it by hand"}},
		"imported":        {key: map[string]any{"origin": "EXTERNAL"}, says: []string{"its material was imported", "Rotate it by hand"}},
		"awaits material": {key: map[string]any{"origin": "EXTERNAL", "state": "PendingImport"}, says: []string{"its material was imported"}},
		"CloudHSM":        {key: map[string]any{"origin": "AWS_CLOUDHSM"}, says: []string{"in a custom key store (origin AWS_CLOUDHSM)", "Rotate it by hand"}},
		"external store":  {key: map[string]any{"origin": "EXTERNAL_KEY_STORE"}, says: []string{"in a custom key store (origin EXTERNAL_KEY_STORE)"}},
		"AWS's":           {key: map[string]any{"manager": "AWS"}, says: []string{"it is managed by AWS", "Suppress the finding."}},
		"replica": {key: map[string]any{"kind": "REPLICA", "primaryRegion": "us-east-1"},
			says: []string{"it is the replica of a multi-Region key.", "Turn on rotation of the primary, in us-east-1."}},
		"disabled": {key: map[string]any{"state": "Disabled"}, says: []string{"its state is Disabled. Enable the key"}},
		"pending deletion": {key: map[string]any{"state": "PendingDeletion"},
			says: []string{"its state is PendingDeletion. It will be deleted; cancel that"}},
		"primary that is to go": {key: map[string]any{"state": "PendingReplicaDeletion", "kind": "PRIMARY"}, says: []string{"once its replicas are"}},
		"being made":            {key: map[string]any{"state": "Creating"}, says: []string{"its state is Creating. Start the repair again when it is Enabled."}},
		"lasting reason first":  {key: map[string]any{"state": "Disabled", "spec": "RSA_4096"}, says: []string{"it is asymmetric"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			var got decided
			err := run(t.Context(), config, script, rotatable(tc.key), &got)
			if (err != nil) != (len(tc.says) > 0) {
				t.Fatalf("error = %v, %+v", err, got)
			}
			for _, part := range append(tc.says, strings.Repeat("KMS cannot rotate this key: ", min(1, len(tc.says)))) {
				if err != nil && !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestExplainKeyRotation(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, "EnableKeyRotation", "explain")
	for name, tc := range map[string]struct{ spec, origin, says string }{
		"nothing to add": {"SYMMETRIC_DEFAULT", "AWS_KMS", ""},
		"imported":       {"SYMMETRIC_DEFAULT", "EXTERNAL", "KMS cannot rotate a key of spec SYMMETRIC_DEFAULT and origin EXTERNAL. Rotate it by hand"},
		"CloudHSM":       {"SYMMETRIC_DEFAULT", "AWS_CLOUDHSM", "origin AWS_CLOUDHSM"},
		"RSA":            {"RSA_2048", "AWS_KMS", "spec RSA_2048"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			var got map[string]any
			err := run(t.Context(), config, script, map[string]any{"spec": tc.spec, "origin": tc.origin}, &got)
			if (err != nil) != (tc.says != "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error = %v, want it to say %q", err, tc.says)
			}
		})
	}
}
