package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"hubmend/internal/lab/apicall"
)

// WriteProfiles writes the AWS configuration file aws-config into a folder, with a profile for
// each account: "security" is the administrator, "workload" the last, and "workload1" and so on are
// those in between. It gives the file's name.
func (l *Lab) WriteProfiles(folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(folder, "aws-config")
	// With an address instead of a name no SDK makes a host name of a bucket's.
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
