package scripts_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rotatable makes the answers of KMS about a key that it can rotate and does not, with some fields changed.
func rotatable(fields map[string]any) map[string][]any {
	key := map[string]any{"KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER",
		"KeyState": "Enabled"}
	maps.Copy(key, fields)
	status, given := key["status"]
	if !given {
		status = map[string]any{"KeyRotationEnabled": key["on"] == true}
	}
	return map[string][]any{"kms:DescribeKey": {map[string]any{"KeyMetadata": key}},
		"kms:GetKeyRotationStatus": {status}}
}

// regions returns KMS's description of a multi-Region key.
func regions(kind, primary string) map[string]any {
	return map[string]any{"MultiRegionConfiguration": map[string]any{"MultiRegionKeyType": kind,
		"PrimaryKey": map[string]any{"Region": primary}}}
}

func TestEnableKeyRotation(t *testing.T) {
	t.Parallel()
	type decided struct {
		Calls  []string
		Before string
		Change string
	}
	enable := decided{[]string{"kms:EnableKeyRotation"}, `{"KeyRotationEnabled":false}`,
		"Turned on automatic rotation of the key."}
	none := decided{[]string{}, `{"KeyRotationEnabled":true}`,
		"Nothing to change: automatic rotation of the key is on."}
	for name, tc := range map[string]struct {
		key  map[string]any
		want decided
		says []string // the error; when it must not go on
	}{
		"off":               {want: enable},
		"primary":           {key: regions("PRIMARY", "eu-west-1"), want: enable},
		"on":                {key: map[string]any{"on": true}, want: none},
		"on, and disabled":  {key: map[string]any{"on": true, "KeyState": "Disabled"}, want: none},
		"on, and a replica": {key: with(regions("REPLICA", "us-east-1"), "on", true), want: none},
		"on, and AWS's":     {key: map[string]any{"on": true, "KeyManager": "AWS"}, want: none},

		"RSA": {key: map[string]any{"KeySpec": "RSA_2048"},
			says: []string{"it is asymmetric (RSA_2048)", "Rotate it manually"}},
		"elliptic curve": {key: map[string]any{"KeySpec": "ECC_NIST_P256"},
			says: []string{"it is asymmetric (ECC_NIST_P256)"}},
		"post-quantum": {key: map[string]any{"KeySpec": "ML_DSA_65"},
			says: []string{"it is asymmetric (ML_DSA_65)"}},
		"SM2": {key: map[string]any{"KeySpec": "SM2"}, says: []string{"it is asymmetric (SM2)"}},
		"HMAC": {key: map[string]any{"KeySpec": "HMAC_256"},
			says: []string{"it is an HMAC key (HMAC_256)", "Rotate it manually"}},
		"imported": {key: map[string]any{"Origin": "EXTERNAL"},
			says: []string{"its material was imported", "Rotate it manually"}},
		"awaits material": {key: map[string]any{"Origin": "EXTERNAL", "KeyState": "PendingImport"},
			says: []string{"its material was imported"}},
		"CloudHSM": {key: map[string]any{"Origin": "AWS_CLOUDHSM"},
			says: []string{"in a custom key store (origin AWS_CLOUDHSM)", "Rotate it manually"}},
		"external store": {key: map[string]any{"Origin": "EXTERNAL_KEY_STORE"},
			says: []string{"in a custom key store (origin EXTERNAL_KEY_STORE)"}},
		"AWS's": {key: map[string]any{"KeyManager": "AWS"},
			says: []string{"it is managed by AWS", "Suppress the finding."}},
		"replica": {key: regions("REPLICA", "us-east-1"),
			says: []string{"it is the replica of a multi-Region key.",
				"Turn on rotation of the primary, in us-east-1."}},
		"disabled": {key: map[string]any{"KeyState": "Disabled"},
			says: []string{"its state is Disabled. Enable the key"}},
		"pending deletion": {key: map[string]any{"KeyState": "PendingDeletion"},
			says: []string{"its state is PendingDeletion. Cancel the deletion"}},
		"primary that is to go": {key: with(regions("PRIMARY", ""), "KeyState",
			"PendingReplicaDeletion"), says: []string{"after its replicas"}},
		"being made": {key: map[string]any{"KeyState": "Creating"},
			says: []string{"its state is Creating. Start the repair again when it is Enabled."}},
		"AWS does not say of an asymmetric key": {key: map[string]any{"KeySpec": "RSA_2048",
			"status": "UnsupportedOperationException"}, says: []string{"it is asymmetric (RSA_2048)"}},
		"AWS does not say of a key without material": {key: map[string]any{"Origin": "EXTERNAL",
			"KeyState": "PendingImport", "status": "KMSInvalidStateException"},
			says: []string{"its material was imported"}},
		"AWS does not say, and nothing is wrong": {key: map[string]any{"status": "KMSInvalidStateException"},
			says: []string{"it does not report a rotation status"}},
		"lasting reason first": {key: map[string]any{"KeyState": "Disabled", "KeySpec": "RSA_4096"},
			says: []string{"it is asymmetric"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := plays(t, "EnableKeyRotation",
				play{map[string]any{"KeyId": "k", "Mode": "plan"}, rotatable(tc.key)})[0]
			if len(tc.says) > 0 {
				got.refused(t, "KMS cannot rotate this key: ")
				for _, part := range tc.says {
					got.refused(t, part)
				}
				return
			}
			if diff := cmp.Diff(tc.want, decided{names(got.Planned), string(got.Before), got.Change}); diff != "" ||
				got.Error != "" {
				t.Errorf("%s (-want +got):\n%s", got.Error, diff)
			}
		})
	}
}

func with(fields map[string]any, name string, value any) map[string]any {
	fields[name] = value
	return fields
}
