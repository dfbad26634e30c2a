package undo_test

import "testing"

var everything = object{"allSupported": true, "includeGlobalResourceTypes": true}

const configRole = "arn:aws:iam::" + account + ":role/config"

// recorder is AWS Config of the account, of which there is one.
var recorder = subject{
	broken: map[string]func(*testing.T, *world) string{
		"none": func(t *testing.T, w *world) string {
			unrecord(t, w)
			return "AWS::::Account:" + account
		},
		"off": func(t *testing.T, w *world) string {
			record(t, w)
			return "AWS::::Account:" + account
		},
		"on with another role": func(t *testing.T, w *world) string {
			record(t, w)
			w.call(t, "config:StartConfigurationRecorder", object{"ConfigurationRecorderName": "default"})
			return "AWS::::Account:" + account
		},
	},
	look: func(t *testing.T, w *world, _ string) any {
		return plain(t, []any{
			w.call(t, "config:DescribeConfigurationRecorders", object{}),
			w.call(t, "config:DescribeConfigurationRecorderStatus", object{}),
			w.call(t, "config:DescribeDeliveryChannels", object{}),
		}, "lastStartTime", "lastStopTime", "lastStatus", "lastStatusChangeTime")
	},
	change: map[string]func(*testing.T, *world, string){
		"another role": func(t *testing.T, w *world, _ string) {
			w.call(t, "config:PutConfigurationRecorder", object{"ConfigurationRecorder": object{"name": "default",
				"roleARN": configRole + "-2", "recordingGroup": everything}})
		},
	},
	halfway: func(t *testing.T, w *world, _ string) {
		w.call(t, "config:StopConfigurationRecorder", object{"ConfigurationRecorderName": "default"})
	},
}

// record makes a recorder with a role of the team, which is off.
func record(t *testing.T, w *world) {
	t.Helper()
	unrecord(t, w)
	if _, err := w.try(t, "iam:GetRole", object{"RoleName": "config"}); err != nil {
		w.call(t, "iam:CreateRole", object{"RoleName": "config",
			"AssumeRolePolicyDocument": `{"Version":"2012-10-17","Statement":[` +
				`{"Effect":"Allow","Principal":{"Service":"config.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
		w.call(t, "s3:CreateBucket", object{"Bucket": "config"})
		w.call(t, "s3:PutBucketPolicy", object{"Bucket": "config", "Policy": `{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","Principal":{"Service":"config.amazonaws.com"},"Action":"s3:*","Resource":` +
			`["arn:aws:s3:::config","arn:aws:s3:::config/*"]}]}`})
	}
	w.call(t, "config:PutConfigurationRecorder", object{"ConfigurationRecorder": object{"name": "default",
		"roleARN": configRole, "recordingGroup": everything}})
	w.call(t, "config:PutDeliveryChannel", object{"DeliveryChannel": object{"name": "team", "s3BucketName": "config"}})
}

// unrecord deletes the recorder and its channel, if they exist.
func unrecord(t *testing.T, w *world) {
	t.Helper()
	recorders, _ := w.call(t, "config:DescribeConfigurationRecorders", object{})["ConfigurationRecorders"].([]any)
	channels, _ := w.call(t, "config:DescribeDeliveryChannels", object{})["DeliveryChannels"].([]any)
	for _, one := range recorders {
		w.call(t, "config:StopConfigurationRecorder", object{"ConfigurationRecorderName": one.(object)["name"]})
	}
	for _, one := range channels {
		w.call(t, "config:DeleteDeliveryChannel", object{"DeliveryChannelName": one.(object)["name"]})
	}
	for _, one := range recorders {
		w.call(t, "config:DeleteConfigurationRecorder", object{"ConfigurationRecorderName": one.(object)["name"]})
	}
}
