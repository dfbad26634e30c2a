package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
	"hubmend/internal/ops/cost"
)

// mostUnits is what a repair may cost in the ledger.
const mostUnits = 6

// writes lets the real handlers repair against the table of the template, in the emulator,
// and counts what they write.
func writes(ctx context.Context) ([]measurement, error) {
	r, err := loadRepair()
	if err != nil {
		return nil, err
	}
	m, table, stop, err := startTable(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	repaired := newWorld(r, &ledger.DynamoDB{Client: m, Table: table, Now: time.Now})
	if err := repaired.sequence(ctx, m, 1); err != nil {
		return nil, err
	}
	good := m.take()
	broken := newWorld(r, repaired.store)
	broken.outcome, broken.now = r.fails, repaired.now.Add(time.Minute)
	if err := broken.sequence(ctx, m, 2); err != nil {
		return nil, err
	}
	bad := m.take()
	all := []measurement{
		{What: "ledger write units per repair, its confirmation included", Value: float64(total(good)),
			AtMost: mostUnits},
		{What: "  as many as the costs assume", Value: float64(total(good)),
			AtMost: cost.Embedded().Value("writeUnits")},
	}
	for _, w := range good {
		all = append(all, measurement{What: "  " + w.String(), Value: float64(w.units + w.beside)})
	}
	return append(all, measurement{What: "ledger write units of a repair that fails", Value: float64(total(bad))}), nil
}

// sequence is the whole way of a finding: dispatch, settle, and the sweep that sees the next
// check of Security Hub.
func (w *world) sequence(ctx context.Context, m *meter, number int) error {
	message, t, err := w.repair.imported(number, w.now)
	if err != nil {
		return err
	}
	m.doing = "dispatch"
	if err := handled(w.dispatch().Handle(ctx, batch(message))); err != nil {
		return fmt.Errorf("dispatch: %w", err)
	}
	if len(w.started) != 1 {
		return fmt.Errorf("dispatch started %d executions, want 1", len(w.started))
	}
	w.now = w.now.Add(10 * time.Second)
	if message, err = w.repair.ended(t, w.started[0], w.now); err != nil {
		return err
	}
	m.doing = "settle"
	if err := handled(w.settle().Handle(ctx, batch(message))); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	w.now = w.now.Add(time.Hour)
	w.checked = true
	m.doing = "sweep"
	if err := w.sweep().Handle(ctx); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	rec, err := w.store.Load(ctx, t.Key())
	if err == nil && (rec.Open() || rec.Last() == nil ||
		(rec.Last().State == decide.Succeeded) != w.outcome.Succeeded) {
		err = fmt.Errorf("the repair is not over: %+v", rec)
	}
	return err
}

// startTable makes the ledger's table as the template has it.
func startTable(ctx context.Context) (*meter, string, func(), error) {
	definition, err := ledgerTable()
	if err != nil {
		return nil, "", nil, err
	}
	indexes, err := indexesOf(definition)
	if err != nil {
		return nil, "", nil, err
	}
	interpreter, err := python.Find(".")
	if err != nil {
		return nil, "", nil, err
	}
	moto, err := python.StartMoto(ctx, python.Config{Python: interpreter})
	if err != nil {
		return nil, "", nil, err
	}
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(moto.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
	if _, err := client.CreateTable(ctx, definition); err != nil {
		moto.Close()
		return nil, "", nil, fmt.Errorf("make the table: %w", err)
	}
	return &meter{Client: client, indexes: indexes}, aws.ToString(definition.TableName), moto.Close, nil
}

// ledgerTable reads the table's definition from the synthesized template, whose properties
// have the names of the API.
func ledgerTable() (*dynamodb.CreateTableInput, error) {
	text, err := os.ReadFile(filepath.Join(assembly, lab.AdminStack+".template.json"))
	if err != nil {
		return nil, err
	}
	var t struct {
		Resources map[string]struct {
			Type       string
			Properties json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, err
	}
	for _, r := range t.Resources {
		if r.Type == "AWS::DynamoDB::Table" {
			var in dynamodb.CreateTableInput
			return &in, json.Unmarshal(r.Properties, &in)
		}
	}
	return nil, fmt.Errorf("no table is in the template %s", lab.AdminStack)
}
