// Package programs runs external programs in tests: LibreOffice, Python, Node. If one is missing, the test is skipped
// with a message; in CI, where all are installed, it fails.
package programs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Tests allocate a lot: this saves a third of their time. Some packages import this one only for it.
var _ = debug.SetGCPercent(400)

// InCI reports whether tests run in CI, in full; elsewhere slow cases are sampled.
func InCI() bool { return os.Getenv("CI") == "true" }

// OnlyInCI skips a slow test or case outside CI.
func OnlyInCI(t testing.TB) {
	t.Helper()
	if !InCI() {
		t.Skip("只在 CI 运行：设 CI=true")
	}
}

// Need skips the test if a command fails: Need(t, "python3", "-c", "import openpyxl").
func Need(t testing.TB, probe ...string) {
	t.Helper()
	if out, err := exec.Command(probe[0], probe[1:]...).CombinedOutput(); err != nil {
		said := "缺少测试要用的程序：" + strings.Join(probe, " ") + "：" + err.Error() + " " + strings.TrimSpace(string(out))
		if InCI() {
			t.Fatal(said)
		}
		t.Skip(said)
	}
}

// NeedPython skips the test if Python or one of the modules is missing.
func NeedPython(t testing.TB, modules ...string) {
	t.Helper()
	Need(t, "python3", "-c", "import "+strings.Join(modules, ", "))
}

// NeedNode skips the test if Node or one of the modules (in NODE_PATH) is missing.
func NeedNode(t testing.TB, modules ...string) {
	t.Helper()
	Need(t, "node", "-e", `"`+strings.Join(modules, `","`)+`".split(",").forEach(m => require(m.replace(/"/g, "")))`)
}

// NeedBrowser skips the test if Chromium, or its driver for Node, is missing.
func NeedBrowser(t testing.TB) {
	t.Helper()
	Need(t, "chromium", "--version")
	NeedNode(t, "playwright-core")
}

// Run runs a program and returns its output; the test fails if the program does.
func Run(t testing.TB, command string, args ...string) string {
	t.Helper()
	out, err := exec.Command(command, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", command, strings.Join(args, " "), err, out)
	}
	return string(out)
}

const recalculating = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>`

// Convert has LibreOffice recalculate files and save them in a format, and returns the folder; in CI only.
func Convert(t testing.TB, format string, files ...string) string {
	t.Helper()
	OnlyInCI(t)
	Need(t, "soffice", "--version")
	out, profile := t.TempDir(), t.TempDir()
	must.Do(t, os.Mkdir(filepath.Join(profile, "user"), 0o755))
	settings := filepath.Join(profile, "user", "registrymodifications.xcu")
	must.Do(t, os.WriteFile(settings, []byte(recalculating), 0o644))
	args := []string{"-env:UserInstallation=file://" + filepath.ToSlash(profile), "--headless", "--convert-to", format,
		"--outdir", out}
	Run(t, "soffice", append(args, files...)...)
	return out
}

// SelfCheck returns the results on the 自检 sheet of a workbook, by rule code.
func SelfCheck(t testing.TB, data []byte) map[string]string {
	t.Helper()
	f := must.Get(excelize.OpenReader(bytes.NewReader(data)))(t)
	defer f.Close()
	out := map[string]string{}
	for _, row := range must.Get(f.GetRows(templates.CheckSheet))(t) {
		if len(row) > 3 && strings.HasPrefix(row[0], "LHT-") {
			out[row[0]] = row[3]
		}
	}
	return out
}
