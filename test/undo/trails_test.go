package undo_test

import "testing"

const accountID = "AWS::::Account:" + account

// ownTrails makes the account's only trails.
func ownTrails(trails ...object) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		for _, old := range allTrails(t, w) {
			w.call(t, "cloudtrail:DeleteTrail", object{"Name": old})
		}
		for _, one := range trails {
			one["Name"], one["S3BucketName"] = w.name(), bucketOf(bucket(nil)(t, w))
			selectors, logging := one["EventSelectors"], one["logging"]
			delete(one, "EventSelectors")
			delete(one, "logging")
			w.call(t, "cloudtrail:CreateTrail", one)
			if selectors != nil {
				w.call(t, "cloudtrail:PutEventSelectors", object{"TrailName": one["Name"], "EventSelectors": selectors})
			}
			if logging != nil {
				w.call(t, "cloudtrail:StartLogging", object{"Name": one["Name"]})
			}
		}
		return accountID
	}
}

func allTrails(t *testing.T, w *world) []string {
	var found []struct{ Name string }
	decode(t, w.call(t, "cloudtrail:DescribeTrails", object{})["trailList"], &found)
	var names []string
	for _, one := range found {
		names = append(names, one.Name)
	}
	return names
}

// lookAtTrails returns all trails of the account, what they log and whether they do.
func lookAtTrails(t *testing.T, w *world, _ string) any {
	all := []any{}
	for _, name := range allTrails(t, w) {
		all = append(all, lookAtTrail(t, w, name))
	}
	return plain(t, all, "HasCustomEventSelectors")
}

var regionalTrail = subject{
	broken: map[string]func(*testing.T, *world) string{
		"a trail of writes": ownTrails(object{"IsMultiRegionTrail": true, "logging": true,
			"EventSelectors": []any{object{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}}}),
		"a stopped trail":           ownTrails(object{"IsMultiRegionTrail": true}),
		"a trail of one Region":     ownTrails(object{"logging": true, "IncludeGlobalServiceEvents": false}),
		"a stopped one of a Region": ownTrails(object{}),
		"no trail":                  ownTrails(),
	},
	look: lookAtTrails,
	change: map[string]func(*testing.T, *world, string){
		"stopped": func(t *testing.T, w *world, _ string) {
			for _, name := range allTrails(t, w) {
				w.call(t, "cloudtrail:StopLogging", object{"Name": name})
				w.call(t, "cloudtrail:PutEventSelectors", object{"TrailName": name,
					"EventSelectors": []any{object{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true}}})
			}
		},
	},
}

// keyFor makes a key that CloudTrail may use, and returns its ARN.
func keyFor(t *testing.T, w *world) string {
	return key(object{"Policy": `{"Version": "2012-10-17", "Statement": [` +
		`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::` + account + `:root"}, "Action": "kms:*",` +
		`"Resource": "*"},` +
		`{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Resource": "*",` +
		`"Action": ["kms:GenerateDataKey*", "kms:DescribeKey"]}]}`})(t, w)
}

var unencryptedTrail = subject{
	broken: map[string]func(*testing.T, *world) string{"no key": func(t *testing.T, w *world) string {
		w.call(t, "ssm:PutParameter", object{"Name": "/hubmend/EncryptTrail/KmsKeyArn", "Value": keyFor(t, w),
			"Type": "String", "Overwrite": true})
		return trail(t, w)
	}},
	look: lookAtTrail,
	change: map[string]func(*testing.T, *world, string){"another key": func(t *testing.T, w *world, arn string) {
		w.call(t, "cloudtrail:UpdateTrail", object{"Name": arn, "KmsKeyId": keyFor(t, w)})
	}},
	failing: func(*testing.T, *world) string { return noTrail },
}

// lookAtAlarms returns the metric filters and alarms of trails, without the times of their changes.
func lookAtAlarms(t *testing.T, w *world, _ string) any {
	return plain(t, []any{
		w.call(t, "logs:DescribeMetricFilters", object{})["metricFilters"],
		w.call(t, "cloudwatch:DescribeAlarms", object{"AlarmNamePrefix": "hubmend-"})["MetricAlarms"],
	}, "creationTime", "StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp")
}

// unwatched makes a trail whose log group has no metric filters, and a topic with a subscription.
func unwatched(t *testing.T, w *world) string {
	var filters []struct{ LogGroupName, FilterName string }
	decode(t, w.call(t, "logs:DescribeMetricFilters", object{})["metricFilters"], &filters)
	for _, one := range filters {
		w.call(t, "logs:DeleteMetricFilter", object{"logGroupName": one.LogGroupName, "filterName": one.FilterName})
		w.call(t, "cloudwatch:DeleteAlarms", object{"AlarmNames": []any{one.FilterName}})
	}
	group := w.name()
	w.call(t, "logs:CreateLogGroup", object{"logGroupName": group})
	ownTrails(object{"IsMultiRegionTrail": true, "logging": true,
		"CloudWatchLogsLogGroupArn": "arn:aws:logs:" + region + ":" + account + ":log-group:" + group + ":*",
		"CloudWatchLogsRoleArn":     "arn:aws:iam::" + account + ":role/hubmend-trail-delivery"})(t, w)
	topic := w.call(t, "sns:CreateTopic", object{"Name": "hubmend-cis-alarms"})["TopicArn"]
	w.call(t, "sns:Subscribe", object{"TopicArn": topic, "Protocol": "email", "Endpoint": "security@example.com"})
	return accountID
}

var unwatchedTrail = subject{
	broken: map[string]func(*testing.T, *world) string{"no alarm": unwatched},
	look:   lookAtAlarms,
	change: map[string]func(*testing.T, *world, string){"another pattern": func(t *testing.T, w *world, _ string) {
		var filters []object
		decode(t, w.call(t, "logs:DescribeMetricFilters", object{})["metricFilters"], &filters)
		delete(filters[0], "creationTime")
		filters[0]["filterPattern"] = "{ $.eventName = x }"
		w.call(t, "logs:PutMetricFilter", filters[0])
	}},
	halfway: func(t *testing.T, w *world, _ string) {
		var filters []struct{ FilterName string }
		decode(t, w.call(t, "logs:DescribeMetricFilters", object{})["metricFilters"], &filters)
		w.call(t, "cloudwatch:DeleteAlarms", object{"AlarmNames": []any{filters[0].FilterName}})
	},
	failing: func(t *testing.T, w *world) string { return ownTrails()(t, w) },
}
