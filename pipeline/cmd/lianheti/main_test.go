package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"lianheti/samples/programs"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // tests, and the commands that scripts start, keep little and throw away much
	testscript.Main(m, map[string]func(){"lianheti": main})
}

// TestScripts runs the command as a person would. $SAMPLES holds the sample workbooks. What stands behind [ci] runs there only: the same
// again, at the price of seconds.
func TestScripts(t *testing.T) {
	samples, err := filepath.Abs("../../../samples/2024")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SAMPLES", samples)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "ci" {
				return false, fmt.Errorf("no condition %s", name)
			}
			return programs.InCI(), nil
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}
