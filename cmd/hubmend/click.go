package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hubmend/internal/lab"
	"hubmend/internal/ops/wording"
)

func labClickCommand() *cobra.Command {
	var port int
	cmd := &cobra.Command{
		Use:   "click ACTION FINDING-ID...",
		Short: "Use a custom action on findings of a running lab",
		Long: `Does what you do in the Security Hub console: selects 1 to 20 findings and a custom action. AWS has
no API for it.`,
		Example: "  hubmend lab click CIS4142 $(aws securityhub get-findings --query 'Findings[].Id' --output text)",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := json.Marshal(lab.Click{Action: args[0], Findings: args[1:]})
			if err != nil {
				return err
			}
			url := fmt.Sprintf("http://localhost:%d%s", port, lab.ClickPath)
			r, err := http.NewRequestWithContext(cmd.Context(), http.MethodPost, url, bytes.NewReader(body))
			if err != nil {
				return err
			}
			response, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
			if err != nil {
				return fmt.Errorf("no lab responds on port %d; start one with `hubmend lab up` (%w)", port, err)
			}
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK {
				return fmt.Errorf("the lab refused: %s", strings.TrimSpace(string(text)))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Sent %s to %s.\n", wording.Counted(len(args)-1, "finding"), args[0])
			return nil
		},
	}
	cmd.Flags().IntVar(&port, "port", defaultPort, "port of the lab")
	return cmd
}
