package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"hubmend/internal/lab/apicall"
)

// WriteProfiles writes an AWS configuration file into a folder, with a profile for each account: "security" for the
// administrator, "workload" for the last account, and "workload1" and so on for those in between. It gives the file
// name.
func (l *Lab) WriteProfiles(folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(folder, "aws-config")
	// With an IP address, SDKs do not put the name of a bucket into the host name.
	endpoint := strings.Replace(l.world.Endpoint, "localhost", "127.0.0.1", 1)
	var text strings.Builder
	for i, account := range l.config.Accounts {
		name := "workload"
		if i == 0 {
			name = "security"
		} else if i < len(l.config.Accounts)-1 {
			name = fmt.Sprintf("workload%d", i)
		}
		c := apicall.Operator(account)
		fmt.Fprintf(&text, "[profile %s]\nregion = %s\nendpoint_url = %s\naws_access_key_id = "+
			"%s\naws_secret_access_key = %s\ns3 =\n  addressing_style = path\n\n",
			name, l.world.Home, endpoint, c.AccessKeyID, c.SecretAccessKey)
	}
	return file, os.WriteFile(file, []byte(text.String()), 0o600)
}
