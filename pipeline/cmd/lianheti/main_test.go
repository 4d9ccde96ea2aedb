package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lianheti/samples/programs"
	"lianheti/stages/workers"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
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

// Requirements
//  1. Whatever panics, the program ends with exit 3 and our words, and shows nobody's number.
func TestPanicIsOurFailure(t *testing.T) {
	var stderr bytes.Buffer
	code := Main([]string{"lianheti", "dictionary"}, panicking{}, &stderr)
	if said := stderr.String(); code != exitFailed || !strings.HasPrefix(said, "未能完成：程序出错") || strings.Contains(said, "13900001111") || !strings.Contains(said, "panicking.Write") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// panicking raises a panic in a goroutine of ours.
type panicking struct{}

func (panicking) Write([]byte) (int, error) {
	var g workers.Group
	g.Go(func() error { panic("坏了，13900001111") })
	return 0, g.Wait()
}
