package ocsf

import "hubmend/internal/aws/partition"

// Exposure makes an exposure finding, which says that several findings about one resource are dangerous together.
func Exposure(name, account, region string, related []string) Document {
	in, _ := partition.Of(region)
	product := "arn:" + in.Name + ":securityhub:" + region + "::productv2/aws/securityhub-exposure"
	events := []any{}
	for _, id := range related {
		events = append(events, map[string]any{"uid": id})
	}
	d := Document{
		"activity_id": 1.0, "activity_name": "Create",
		"category_name": "Findings", "category_uid": 2.0, "class_name": "Detection Finding", "class_uid": 2004.0,
		"cloud": map[string]any{"account": map[string]any{"uid": account}, "provider": "AWS", "region": region},
		"metadata": map[string]any{
			"product": map[string]any{"name": "Security Hub Exposure Detection", "uid": product,
				"vendor_name": "AWS"},
			"profiles": []any{"cloud", "datetime"}, "uid": MetadataUID(account, product, name), "version": "1.8.0"},
		"finding_info": map[string]any{"uid": name, "title": name, "related_events": events},
	}
	SetStatus(d, New)
	SetSeverity(d, 5)
	return d
}
