package templates

import "testing"

func TestShippedDefinitionLoads(t *testing.T) {
	for _, year := range Years() {
		if _, err := Load(year); err != nil {
			t.Errorf("%d: %v", year, err)
		}
	}
}
