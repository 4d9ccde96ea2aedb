package intake

// Requirements
//  1. No file makes Discover or Read panic, hangs, takes more than 300 MB, or leaves without exactly one fate.
//  2. A damaged container is refused. One that opens yields the cells of the workbook it was made from, or those that its
//     changed part says.
//  3. A file of another kind is refused with the code that says which.
//  4. No workbook of the public corpora is taken for the template.

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lianheti/stages/model"
)

// beside names a folder of inputs beside the repository; the test is skipped where it is missing.
func beside(t *testing.T, name string) string {
	dir := filepath.Join("..", "..", "..", "shared", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no folder of %s inputs beside the repository", name)
	}
	return dir
}

const (
	maxTime   = time.Minute // a machine may be busy with other things; on an idle one the slowest takes some seconds
	maxMemory = 300 << 20
)

// within1 runs f and fails where it takes too long or too much memory.
func within1(t *testing.T, name string, f func()) {
	t.Helper()
	var before runtime.MemStats
	if runtime.ReadMemStats(&before); before.HeapAlloc > 50<<20 { // what others left
		runtime.GC()
		runtime.ReadMemStats(&before)
	}
	var peak atomic.Uint64
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapAlloc))
			}
		}
	}()
	start := time.Now()
	f()
	took := time.Since(start)
	close(stop)
	<-stopped
	used := int64(peak.Load()) - int64(before.HeapAlloc)
	if took > maxTime || used > maxMemory {
		t.Errorf("%s took %v and %d MB", name, took.Round(time.Millisecond), used>>20)
	}
	if testing.Verbose() && (took > time.Second || used > 100<<20) {
		t.Logf("%s took %v and %d MB", name, took.Round(time.Millisecond), used>>20)
	}
}

// expected lists, by code, the hostile files that must get it.
var expected = map[string]string{
	CodeEncrypted:    "encrypted_pw123.xlsx fmt/encrypted_pw123.xlsx zip/flag_encrypted_sheet.xlsx",
	CodeOldExcel:     "fmt/xls_renamed.xlsx",
	CodeWebPage:      "fmt/fods_renamed.xlsx fmt/html_gbk_table.xls fmt/html_renamed.xls fmt/html_renamed.xlsx fmt/mht_renamed.xls fmt/xml2003_renamed.xls",
	CodeCSV:          "fmt/csv_gbk_renamed.xlsx fmt/csv_utf8bom_renamed.xlsx",
	CodeIncomplete:   "fmt/encrypted_trunc.xlsx zip/base64_text.xlsx fmt/ole_header_8.xlsx fmt/ole_header_only.xlsx fmt/eight_pk.xlsx trunc/trunc_01.xlsx trunc/trunc_19.xlsx trunc/trunc_last1.xlsx trunc/trunc_last22.xlsx trunc/zeroed_tail_10.xlsx",
	CodeDamaged:      "xml/billion_laughs_sst.xlsx xml/bool_weird.xlsx xml/cells_dup.xlsx zip/crc_catches_changed_value.xlsx zip/crc_wrong_sheet.xlsx zip/crc_wrong_stored.xlsx zip/crc_zero_sheet.xlsx zip/dup_sheet_first_differs.xlsx zip/dup_sheet_last_differs.xlsx zip/method_aes.xlsx zip/method_zstd.xlsx zip/symlink_sheet.xlsx zip/trailing_junk_100.xlsx zip/trailing_junk_1MB.xlsx zip/usize_lie_small.xlsx",
	CodePackagePass:  "zip/zipcrypto.zip/x.xlsx",
	CodeOtherArchive: "fmt/7z.xlsx fmt/rar.xlsx",
	CodeInflates:     "big/bomb_400MB_sheet.xlsx big/overlap_5000x200MB.xlsx xml/attr_200MB.xlsx xml/comment_200MB.xlsx zip/usize_lie_14GB_sheet.xlsx zip/usize_lie_2p63.xlsx",
	CodeNotTemplate:  "base.xlsx encrypted_velvet.xlsx fmt/encrypted_velvet.xlsx zip/ok_raw.xlsx zip/comment.xlsx zip/gbk_names.zip/临夏州/第一医院填报.xlsx zip/gbk_names_wrongflag.zip/临夏州/第一医院填报.xlsx zip/utf8_names_noflag.zip/临夏州/第一医院填报.xlsx zip/nested_zip_package.zip/a/x.xlsx",
	CodeEmpty:        "fmt/zero.xlsx trunc/trunc_00.xlsx",
	CodeOpenDocument: "fmt/ods_renamed.xlsx",
	CodeNotWorkbook:  "fmt/pdf.xlsx fmt/docx_renamed.xlsx zip/nested_renamed.xlsx xml/ct_missing.xlsx",
	CodeManyParts:    "xml/merge_100000.xlsx xml/merge_1000000.xlsx",
	CodeLockFile:     "zip/gbk_names.zip/临夏州/~$第一医院填报.xlsx",
	CodePackage:      "zip/gbk_names.zip zip/zipcrypto.zip zip/nested_zip_package.zip",
}

func TestHostile(t *testing.T) {
	dir := beside(t, "hostile")
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	sources, err := Discover([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{}
	for _, s := range sources {
		within1(t, s.Path, func() {
			w := Read(definition(), s)
			oneFate(t, w)
			codes[s.Path] = w.File.Code
			if w.File.Fate == model.Accepted {
				t.Errorf("%s was taken for the template", s.Path)
			}
			if strings.HasPrefix(s.Path, "trunc/") && w.File.Code == CodeNotTemplate {
				t.Errorf("%s was read although it is cut off", s.Path)
			}
		})
	}
	for code, files := range expected {
		for _, file := range strings.Fields(files) {
			if codes[file] != code {
				t.Errorf("%s: got %q, want %s", file, codes[file], code)
			}
		}
	}
}

// What opens of the odd containers and of the encrypted books holds the cells of the workbook they were made from.
func TestHostileContainersHoldTheirCells(t *testing.T) {
	dir := beside(t, "hostile")
	read := func(file string) (*Book, *Refusal) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return open(data, "")
	}
	base, refusal := read(filepath.Join(dir, "base.xlsx"))
	if refusal != nil {
		t.Fatal(refusal)
	}
	opened := 0
	for _, pattern := range []string{"zip/*.xlsx", "trunc/*.xlsx", "fmt/enc*.xlsx", "xml/extlink_dde.xlsx"} {
		files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			book, refusal := read(file)
			if refusal != nil {
				continue
			}
			opened++
			if !reflect.DeepEqual(book.Sheets, base.Sheets) || !reflect.DeepEqual(book.Names, base.Names) {
				t.Errorf("%s was read with other cells", file)
			}
		}
	}
	if opened < 6 {
		t.Errorf("only %d files opened", opened)
	}
}

func TestCorpus(t *testing.T) {
	dir := beside(t, "corpus")
	sources, err := Discover([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, _ error) error {
		if !d.IsDir() {
			files++
		}
		return nil
	})
	for _, s := range sources {
		within1(t, s.Path, func() {
			w := Read(definition(), s)
			oneFate(t, w)
			if w.File.Fate == model.Accepted {
				t.Errorf("%s was taken for the template", s.Path)
			}
		})
		if !strings.Contains(s.Path, ".zip/") {
			files--
		}
	}
	if files != 0 {
		t.Errorf("%d files have no fate", files)
	}
}
