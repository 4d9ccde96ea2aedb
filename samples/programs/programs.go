// Package programs lets tests work with the programs that other people use: LibreOffice, Python, Node. Where one is
// missing the test is skipped with a line that says so; in CI, which installs them all, that is a failure.
package programs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Tests throw away much: this takes a third off their time. Some packages import this one only for it.
var _ = debug.SetGCPercent(400)

// InCI says that this run leaves nothing out; elsewhere tests take a sample of slow cases.
func InCI() bool { return os.Getenv("CI") == "true" }

// OnlyInCI passes over a test, or a case, that costs seconds and asks what is asked everywhere.
func OnlyInCI(t testing.TB) {
	t.Helper()
	if !InCI() {
		t.Skip("只在 CI 运行：设 CI=true")
	}
}

// Need passes over the test where a probe does not run: Need(t, "python3", "-c", "import openpyxl").
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

// NeedPython passes over the test where Python or one of the modules is missing.
func NeedPython(t testing.TB, modules ...string) {
	t.Helper()
	Need(t, "python3", "-c", "import "+strings.Join(modules, ", "))
}

// NeedNode passes over the test where Node or one of the modules (found through NODE_PATH) is missing.
func NeedNode(t testing.TB, modules ...string) {
	t.Helper()
	Need(t, "node", "-e", `"`+strings.Join(modules, `","`)+`".split(",").forEach(m => require(m.replace(/"/g, "")))`)
}

// NeedBrowser passes over the test where Chromium, or what drives it from Node, is missing.
func NeedBrowser(t testing.TB) {
	t.Helper()
	Need(t, "chromium", "--version")
	NeedNode(t, "playwright-core")
}

// Run runs a program to its end, and fails the test with what it said where it fails.
func Run(t testing.TB, command string, args ...string) string {
	t.Helper()
	out, err := exec.Command(command, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", command, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// recalculating makes LibreOffice calculate every formula when it opens a workbook, whatever value stands there.
const recalculating = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>`

// Convert has LibreOffice recalculate files and save them as xlsx, pdf … in a folder that it gives; in CI only.
func Convert(t testing.TB, format string, files ...string) string {
	t.Helper()
	OnlyInCI(t)
	Need(t, "soffice", "--version")
	out, profile := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(profile, "user"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, "user", "registrymodifications.xcu"), []byte(recalculating),
		0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"-env:UserInstallation=file://" + filepath.ToSlash(profile), "--headless", "--convert-to", format,
		"--outdir", out}
	Run(t, "soffice", append(args, files...)...)
	return out
}

// SelfCheck reads the results on the 自检 sheet of a workbook: rule code -> result in words.
func SelfCheck(t testing.TB, data []byte) map[string]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(templates.CheckSheet)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, row := range rows {
		if len(row) > 3 && strings.HasPrefix(row[0], "LHT-") {
			out[row[0]] = row[3]
		}
	}
	return out
}
