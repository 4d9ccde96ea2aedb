package normalize

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Requirements
//  1. Every kind of change that the code names is a route of reading.yaml, where its class and label stand.
func TestKindsAreRoutes(t *testing.T) {
	named := regexp.MustCompile(`(?:\.(?:add|note)\(|Kind(?: [!=]= |: )|return )"([a-z_]+)"`)
	files, _ := filepath.Glob("*.go")
	seen := 0
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range named.FindAllStringSubmatch(string(code), -1) {
			if seen++; definition.Reading.Route(m[1]).Class == "" {
				t.Errorf("%s: %q is no route", file, m[1])
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d kinds were found", seen)
	}
}
