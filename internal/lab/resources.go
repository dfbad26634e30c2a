package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"hubmend/internal/policy"
	"hubmend/internal/runbook"
)

// resourceTypes are the types that the lab deploys, with every property that it honours
// or that has no meaning on a laptop (encryption at rest, alarms' retention and the like).
var resourceTypes map[string]resourceType

func init() { // breaks the cycle with stack.create
	resourceTypes = map[string]resourceType{
		"AWS::SQS::Queue":                                  {"QueueName VisibilityTimeout MessageRetentionPeriod RedrivePolicy SqsManagedSseEnabled", createQueue},
		"AWS::SQS::QueuePolicy":                            {"PolicyDocument Queues", createQueuePolicy},
		"AWS::DynamoDB::Table":                             {"TableName KeySchema AttributeDefinitions BillingMode PointInTimeRecoverySpecification TimeToLiveSpecification DeletionProtectionEnabled SSESpecification GlobalSecondaryIndexes", createTable},
		"AWS::SNS::Topic":                                  {"TopicName DisplayName", createTopic},
		"AWS::SNS::TopicPolicy":                            {"PolicyDocument Topics", createTopicPolicy},
		"AWS::SNS::Subscription":                           {"Protocol TopicArn Endpoint", createSubscription},
		"AWS::Logs::LogGroup":                              {"LogGroupName RetentionInDays", createLogGroup},
		"AWS::IAM::Role":                                   {"RoleName Description AssumeRolePolicyDocument Policies ManagedPolicyArns MaxSessionDuration", createRole},
		"AWS::IAM::Policy":                                 {"PolicyName PolicyDocument Roles", createPolicy},
		"AWS::Lambda::Function":                            {"FunctionName Description Runtime Architectures Handler Code Role Environment Timeout MemorySize LoggingConfig", createFunction},
		"AWS::Lambda::EventSourceMapping":                  {"EventSourceArn FunctionName BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes ScalingConfig", createMapping},
		"AWS::Lambda::Permission":                          {"Action FunctionName Principal SourceArn", createPermission},
		"AWS::Events::EventBus":                            {"Name Description", createBus},
		"AWS::Events::EventBusPolicy":                      {"EventBusName StatementId Statement", createBusPolicy},
		"AWS::Events::Rule":                                {"Name Description EventBusName EventPattern ScheduleExpression State Targets", createRule},
		"AWS::SSM::Document":                               {"Name Content DocumentType DocumentFormat UpdateMethod", createDocument},
		"AWS::SSM::Parameter":                              {"Name Type Value Description AllowedPattern Tier DataType", createParameter},
		"AWS::Logs::MetricFilter":                          {"LogGroupName FilterName FilterPattern MetricTransformations", createMetricFilter},
		"AWS::CloudWatch::Alarm":                           {"AlarmName " + alarmProperties, createAlarm},
		"AWS::ServiceCatalog::Portfolio":                   {"DisplayName ProviderName Description", createPortfolio},
		"AWS::ServiceCatalog::CloudFormationProduct":       {"Name Owner Description Distributor SupportDescription ProvisioningArtifactParameters ReplaceProvisioningArtifacts", createProduct},
		"AWS::ServiceCatalog::PortfolioProductAssociation": {"PortfolioId ProductId", createNothing},
		"Custom::HubmendCustomAction":                      {"ServiceToken ServiceTimeout Id Name Description", createCustom},
	}
}

// createNothing is for a resource whose effect the lab has by itself.
func createNothing(_ context.Context, _ *stack, p properties) (created, error) {
	return created{ref: p.logicalID}, nil
}

func createQueue(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("QueueName", s.name+"-"+p.logicalID)
	attributes := map[string]any{}
	for _, a := range []string{"VisibilityTimeout", "MessageRetentionPeriod"} {
		if v := p.text(a); v != "" {
			attributes[a] = v
		}
	}
	if redrive, ok := p.all["RedrivePolicy"]; ok {
		text, err := json.Marshal(redrive)
		if err != nil {
			return created{}, err
		}
		attributes["RedrivePolicy"] = string(text)
	}
	if _, err := s.call(ctx, "sqs", "CreateQueue", map[string]any{"QueueName": name, "Attributes": attributes}); err != nil {
		return created{}, err
	}
	url := s.lab.queueURL(s.at.account, name)
	return created{url, map[string]any{"Arn": s.arn("sqs", name), "QueueName": name, "QueueUrl": url}}, nil
}

func createQueuePolicy(_ context.Context, s *stack, p properties) (created, error) {
	d, err := policy.Parse(p.all["PolicyDocument"])
	if err != nil {
		return created{}, err
	}
	s.lab.queues.mu.Lock()
	defer s.lab.queues.mu.Unlock()
	for _, url := range p.list("Queues") {
		arn := s.arn("sqs", path.Base(text(url)))
		s.lab.queues.policies[arn] = append(s.lab.queues.policies[arn], d)
	}
	return created{ref: p.logicalID}, nil
}

func createTable(ctx context.Context, s *stack, p properties) (created, error) {
	in := p.pick("TableName", "KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
	if _, err := s.call(ctx, "dynamodb", "CreateTable", in); err != nil {
		return created{}, err
	}
	return created{p.text("TableName"), map[string]any{"Arn": s.arn("dynamodb", "table/"+p.text("TableName"))}}, nil
}

func createTopic(ctx context.Context, s *stack, p properties) (created, error) {
	out, err := s.call(ctx, "sns", "CreateTopic", map[string]any{"Name": p.text("TopicName")})
	if err != nil {
		return created{}, err
	}
	return created{text(out["TopicArn"]), map[string]any{"TopicArn": out["TopicArn"], "TopicName": p.text("TopicName")}}, nil
}

func createTopicPolicy(_ context.Context, _ *stack, p properties) (created, error) {
	_, err := policy.Parse(p.all["PolicyDocument"])
	return created{ref: p.logicalID}, err
}

func createSubscription(ctx context.Context, s *stack, p properties) (created, error) {
	out, err := s.call(ctx, "sns", "Subscribe", p.pick("Protocol", "TopicArn", "Endpoint"))
	return created{ref: text(out["SubscriptionArn"])}, err
}

func createLogGroup(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.text("LogGroupName")
	if _, err := s.call(ctx, "logs", "CreateLogGroup", map[string]any{"logGroupName": name}); err != nil {
		return created{}, err
	}
	if days, ok := p.all["RetentionInDays"]; ok {
		if _, err := s.call(ctx, "logs", "PutRetentionPolicy", map[string]any{"logGroupName": name, "retentionInDays": days}); err != nil {
			return created{}, err
		}
	}
	return created{name, map[string]any{"Arn": s.arn("logs", "log-group:"+name+":*")}}, nil
}

func createRole(ctx context.Context, s *stack, p properties) (created, error) {
	trust, err := json.Marshal(p.all["AssumeRolePolicyDocument"])
	if err != nil {
		return created{}, err
	}
	name := p.textOr("RoleName", s.name+"-"+p.logicalID)
	if _, err := s.call(ctx, "iam", "CreateRole", map[string]any{"RoleName": name, "AssumeRolePolicyDocument": string(trust)}); err != nil {
		return created{}, err
	}
	for _, item := range p.list("Policies") {
		inline, _ := item.(map[string]any)
		if err := putRolePolicy(ctx, s, name, text(inline["PolicyName"]), inline["PolicyDocument"]); err != nil {
			return created{}, err
		}
	}
	arn := "arn:" + s.lab.partition + ":iam::" + s.at.account + ":role/" + name
	return created{name, map[string]any{"Arn": arn}}, nil
}

func createPolicy(ctx context.Context, s *stack, p properties) (created, error) {
	for _, role := range p.list("Roles") {
		if err := putRolePolicy(ctx, s, text(role), p.text("PolicyName"), p.all["PolicyDocument"]); err != nil {
			return created{}, err
		}
	}
	return created{ref: p.text("PolicyName")}, nil
}

func putRolePolicy(ctx context.Context, s *stack, role, name string, document any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return err
	}
	_, err = s.call(ctx, "iam", "PutRolePolicy", map[string]any{"RoleName": role, "PolicyName": name, "PolicyDocument": string(body)})
	return err
}

func createFunction(_ context.Context, s *stack, p properties) (created, error) {
	asset, err := s.lab.assembly.asset(p.sub("Code").text("S3Key"))
	if err != nil {
		return created{}, err
	}
	spec := functionSpec{name: p.text("FunctionName"), role: p.text("Role"), asset: asset, env: map[string]string{}, timeout: 3 * time.Second, memory: 128}
	spec.logGroup = p.sub("LoggingConfig").textOr("LogGroup", "/aws/lambda/"+spec.name)
	for name, value := range p.sub("Environment").sub("Variables").all {
		spec.env[name] = fmt.Sprint(value)
	}
	if t, err := strconv.Atoi(p.text("Timeout")); err == nil {
		spec.timeout = time.Duration(t) * time.Second
	}
	if format := p.sub("LoggingConfig").text("LogFormat"); format != "" {
		spec.env["AWS_LAMBDA_LOG_FORMAT"] = format
	}
	if m, err := strconv.Atoi(p.text("MemorySize")); err == nil {
		spec.memory = m
	}
	arn, err := s.lab.functions.create(s.at, spec)
	return created{spec.name, map[string]any{"Arn": arn}}, err
}

func createMapping(_ context.Context, s *stack, p properties) (created, error) {
	arn := p.text("EventSourceArn")
	queue := arn[strings.LastIndex(arn, ":")+1:]
	name := p.text("FunctionName")
	m := mapping{
		at: s.at, queue: queue, queueARN: arn, queueURL: s.lab.queueURL(s.at.account, queue),
		function: name[strings.LastIndex(name, ":")+1:], batchSize: 10,
		itemFailure: strings.Contains(fmt.Sprint(p.list("FunctionResponseTypes")), "ReportBatchItemFailures"),
	}
	if n, err := strconv.Atoi(p.text("BatchSize")); err == nil {
		m.batchSize = n
	}
	if n, err := strconv.Atoi(p.text("MaximumBatchingWindowInSeconds")); err == nil {
		m.window = time.Duration(n) * time.Second
	}
	s.lab.queues.start(m)
	return created{ref: p.logicalID}, nil
}

func createBus(_ context.Context, s *stack, p properties) (created, error) {
	s.lab.events.mu.Lock()
	defer s.lab.events.mu.Unlock()
	s.lab.events.buses[busID{s.at, p.text("Name")}] = &bus{rules: map[string]*rule{}}
	return created{p.text("Name"), map[string]any{"Name": p.text("Name"), "Arn": s.arn("events", "event-bus/"+p.text("Name"))}}, nil
}

func createBusPolicy(_ context.Context, s *stack, p properties) (created, error) {
	d, err := policy.Parse(map[string]any{"Statement": []any{p.all["Statement"]}})
	if err != nil {
		return created{}, err
	}
	s.lab.events.mu.Lock()
	defer s.lab.events.mu.Unlock()
	b := s.lab.events.bus(busID{s.at, p.textOr("EventBusName", defaultBus)})
	if b == nil {
		return created{}, fmt.Errorf("there is no bus %s", p.text("EventBusName"))
	}
	b.policy = append(b.policy, d)
	return created{ref: p.logicalID}, nil
}

func createDocument(_ context.Context, s *stack, p properties) (created, error) {
	content := []byte(p.text("Content"))
	if m, ok := p.all["Content"].(map[string]any); ok {
		var err error
		if content, err = json.Marshal(m); err != nil {
			return created{}, err
		}
	}
	document, err := runbook.Parse(content)
	if err != nil {
		return created{}, err
	}
	s.lab.automation.mu.Lock()
	defer s.lab.automation.mu.Unlock()
	s.lab.automation.documents[documentID{s.at, p.text("Name")}] = document
	return created{ref: p.text("Name")}, nil
}

func createPortfolio(_ context.Context, _ *stack, p properties) (created, error) {
	return created{"port-" + strings.ToLower(p.logicalID), map[string]any{"PortfolioName": p.text("DisplayName")}}, nil
}

func createProduct(_ context.Context, s *stack, p properties) (created, error) {
	versions := p.list("ProvisioningArtifactParameters")
	if len(versions) == 0 {
		return created{}, errors.New("a product needs a version")
	}
	newest, _ := versions[len(versions)-1].(map[string]any)
	v := properties{newest, p.logicalID}
	s.lab.products = append(s.lab.products, product{p.text("Name"), v.text("Name"), v.sub("Info").text("LoadTemplateFromURL")})
	return created{"prod-" + strings.ToLower(p.logicalID), map[string]any{"ProductName": p.text("Name")}}, nil
}

// customTimeout is how long the lab waits for a custom resource. AWS waits an hour.
const customTimeout = 90 * time.Second

// createCustom calls the function of a custom resource and waits for its answer, which
// comes by a URL as it does in AWS.
func createCustom(ctx context.Context, s *stack, p properties) (created, error) {
	token, answered := s.lab.gateway.expectResponse()
	arn := p.text("ServiceToken")
	payload, err := json.Marshal(cfn.Event{
		RequestType: cfn.RequestCreate, RequestID: token, ResponseURL: s.lab.endpoint + "/lab/responses/" + token,
		ResourceType: "Custom::HubmendCustomAction", LogicalResourceID: p.logicalID, StackID: s.id, ResourceProperties: p.all,
	})
	if err != nil {
		return created{}, err
	}
	if _, err := s.lab.functions.invoke(ctx, s.at, arn[strings.LastIndex(arn, ":")+1:], payload); err != nil {
		return created{}, err
	}
	select {
	case <-ctx.Done():
		return created{}, ctx.Err()
	case <-time.After(customTimeout):
		return created{}, errors.New("the custom resource did not answer")
	case body := <-answered:
		var r cfn.Response
		if err := json.Unmarshal(body, &r); err != nil {
			return created{}, fmt.Errorf("read the custom resource's answer: %w", err)
		}
		if r.Status != cfn.StatusSuccess {
			return created{}, fmt.Errorf("received response status [FAILED] from custom resource. Message returned: %s", r.Reason)
		}
		return created{r.PhysicalResourceID, r.Data}, nil
	}
}
