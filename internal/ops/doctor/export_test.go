package doctor

// Exports for the tests of this package.
var (
	Differences = differences
	Why         = why
	Summary     = summary
)

// TemplateOf reads a template as a deployment with a folder of them does.
func TemplateOf(folder, name string) (string, []byte, error) {
	return (&examination{Deployment: Deployment{Templates: folder}}).template(name)
}
