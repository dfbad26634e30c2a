package lab

// resourceTypes are the resource types of this service.
func (q *queues) resourceTypes() map[string]resourceType {
	return map[string]resourceType{
		"AWS::SQS::QueuePolicy": {
			properties: "PolicyDocument Queues",
			create:     fresh(q.putQueuePolicy), update: again(q.putQueuePolicy), delete: q.deleteQueuePolicy,
		},
	}
}
