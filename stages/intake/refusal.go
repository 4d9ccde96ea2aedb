package intake

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Codes of what can be wrong with a file. Their words stand in the catalogue (rules-files.yaml).
const (
	CodeEncrypted      = "LHT-1-001"
	CodeOldExcel       = "LHT-1-002" // .xls, .et
	CodeWebPage        = "LHT-1-003" // html, mht or xml under a workbook's name
	CodeCSV            = "LHT-1-004"
	CodeIncomplete     = "LHT-1-005" // cut off
	CodeDamaged        = "LHT-1-006" // checksums or XML don't hold
	CodePackagePass    = "LHT-1-007" // package with a password
	CodePackageDamaged = "LHT-1-008"
	CodePackageNested  = "LHT-1-009" // packages in packages
	CodeOtherArchive   = "LHT-1-010" // rar, 7z, gz and their like
	CodeTooLarge       = "LHT-1-011"
	CodeInflates       = "LHT-1-012" // unpacks to far more than a form can hold
	CodeNotTemplate    = "LHT-1-013"
	CodeWrongVersion   = "LHT-1-014"
	CodeWrongYear      = "LHT-1-015"
	CodeEmpty          = "LHT-1-016"
	CodeUnreadable     = "LHT-1-017" // no permission, or not a regular file
	CodeMacro          = "LHT-1-018" // .xlsm, .xlsb
	CodeOpenDocument   = "LHT-1-019"
	CodeNotWorkbook    = "LHT-1-020" // pdf, picture, Word under a workbook's name
	CodeManyParts      = "LHT-1-021" // more sheets, cells or merges than a form can have

	CodeFailed = "LHT-1-022" // the program itself failed on it

	CodeNotWord     = "LHT-1-023" // no Word file of today
	CodeNotWordForm = "LHT-1-024" // a Word file, but not the form

	CodePackageMany = "LHT-1-025" // more in a package than anybody sends

	CodeAltered   = "LHT-1-030" // names and labels disagree
	CodeNamesLost = "LHT-1-031"
	CodeFieldLost = "LHT-1-032"
	CodeMetaLost  = "LHT-1-033"
	CodeLoose     = "LHT-1-034"
	CodeNoteWords = "LHT-1-038" // words in notes

	CodeMerged      = "LHT-1-035" // whose value it is can't be told
	CodeMergedGroup = "LHT-1-036" // a group of rows named by one merged cell
	CodeHidden      = "LHT-1-037" // hidden or filtered rows, columns, sheets

	CodeLockFile   = "LHT-1-050"
	CodeSystemFile = "LHT-1-051"
	CodeOtherFile  = "LHT-1-052"
	CodePiece      = "LHT-1-055" // the recommendation as Word or PDF, beside its workbook
	CodeOldWord    = "LHT-1-056" // perhaps that, in a format of old
	CodePackage    = "LHT-1-053" // a package whose files were taken out
	CodeOwnPaper   = "LHT-1-054" // a paper of the program's own, or one that is read for something else
)

// MaxFile is the most that is read of a file, in bytes.
const MaxFile = ooxml.MaxFile

// Refusal is why a file can't be used: a code of the catalogue, and details for people.
type Refusal struct {
	Code   string
	Detail string
}

// fate is the fate of the refused file: codes from 050 on mean that it is not a submission.
func (r *Refusal) fate() model.Fate {
	if strings.HasPrefix(r.Code, "LHT-1-05") {
		return model.Ignored
	}
	return model.Rejected
}

func refused(file model.File, r *Refusal) model.Workbook {
	file.Fate, file.Code, file.Detail = r.fate(), r.Code, r.Detail
	return model.Workbook{File: file}
}

func refuse(code, format string, args ...any) *Refusal {
	return &Refusal{code, fmt.Sprintf(format, args...)}
}

// unpack opens a workbook's container; with ooxml.Open, it is verified as a whole.
func unpack(data []byte, with func([]byte) (*ooxml.Parts, error)) (*ooxml.Parts, *Refusal) {
	if refusal := sniff(data); refusal != nil {
		return nil, refusal
	}
	var p *ooxml.Parts
	plain, err := ooxml.Decrypt(data)
	if err == nil {
		p, err = with(plain)
	}
	if err != nil {
		return nil, refuseFault(err, "")
	}
	return p, nil
}

// refuseKind refuses containers that hold something other than a workbook. main is the content type of the main part.
func refuseKind(p *ooxml.Parts, main string) *Refusal {
	types := string(p.Get("[Content_Types].xml"))
	switch {
	case strings.HasPrefix(string(p.Get("mimetype")), "application/vnd.oasis"):
		return &Refusal{CodeOpenDocument, ""}
	case strings.Contains(main, "macroEnabled") || strings.Contains(main, "sheet.binary"):
		return &Refusal{CodeMacro, ""}
	case strings.Contains(types, "wordprocessingml"), p.Has("word/document.xml"):
		return &Refusal{CodeNotWorkbook, "Word 文档"}
	case strings.Contains(types, "presentationml"):
		return &Refusal{CodeNotWorkbook, "演示文稿"}
	case types == "":
		return &Refusal{CodeNotWorkbook, "压缩包"}
	}
	return nil
}

// faultCodes are the finding codes for a container's faults.
var faultCodes = map[ooxml.Kind]string{ooxml.Incomplete: CodeIncomplete, ooxml.Damaged: CodeDamaged,
	ooxml.Encrypted: CodeEncrypted, ooxml.OldOffice: CodeOldExcel, ooxml.Inflates: CodeInflates,
	ooxml.Excessive: CodeManyParts}

// refuseFault turns the fault of a container, or of one of its parts, into a refusal.
func refuseFault(err error, part string) *Refusal {
	f, ok := errors.AsType[*ooxml.Fault](err)
	if !ok {
		return refuse(CodeDamaged, "%v", err)
	}
	if part != "" && f.Kind == ooxml.Damaged {
		return refuse(CodeDamaged, "%s：%s", path.Base(part), f.Detail)
	}
	return &Refusal{faultCodes[f.Kind], f.Detail}
}

// damagedError is the error for invalid content; tooManyError is for more of something than a form can have.
func damagedError(what string) error { return &ooxml.Fault{Kind: ooxml.Damaged, Detail: what} }
func tooManyError(what string) error { return &ooxml.Fault{Kind: ooxml.Excessive, Detail: what} }

// headSize is how much of a file tells its kind.
const headSize = 4096

// sniff recognises by the first bytes a file that is not a container; nil: it is one.
func sniff(data []byte) *Refusal {
	head := data[:min(len(data), headSize)]
	lower := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")))
	switch {
	case len(data) == 0:
		return &Refusal{CodeEmpty, ""}
	case len(data) > ooxml.MaxFile:
		return &Refusal{CodeTooLarge, "超过 20 MB"}
	case bytes.HasPrefix(data, ooxml.MagicZip), bytes.HasPrefix(data, ooxml.MagicOLE):
		return nil
	}
	known, _ := matchKind(map[string]func(string) bool{
		"begins": func(sign string) bool { return strings.HasPrefix(string(head), sign) },
		"at257":  func(sign string) bool { return len(head) > 257 && strings.HasPrefix(string(head[257:]), sign) },
		"text":   func(sign string) bool { return strings.HasPrefix(lower, sign) },
		"holds":  func(sign string) bool { return strings.Contains(lower, sign) },
	})
	switch {
	case known != nil:
		return known
	case len(data) < 3: // no table of any kind
		return refuse(CodeIncomplete, "只有 %d 个字节", len(data))
	case isText(head) && strings.ContainsAny(lower, ",\t;；，"):
		return &Refusal{CodeCSV, ""}
	case isText(head):
		return &Refusal{CodeWebPage, "文本"}
	}
	return refuse(CodeIncomplete, "开头不是表格文件")
}

//go:embed kinds.tsv
var kindsFile string

// fileKinds are what files are by their names and first bytes, see kinds.tsv.
var fileKinds = readKinds()

type fileKind struct {
	by, code, detail string
	signs            []string
}

func readKinds() (out []fileKind) {
	for line := range strings.Lines(kindsFile) {
		f := append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "")
		if strings.HasPrefix(line, "#") {
			continue
		}
		k := fileKind{by: f[0], code: f[2], detail: f[3]}
		for _, written := range strings.Fields(f[1]) {
			sign, _ := strconv.Unquote(`"` + written + `"`)
			k.signs = append(k.signs, sign)
		}
		out = append(out, k)
	}
	return out
}

// matchKind returns the first kind of file that one of the matchers recognises, and the name of the matcher; nil: none.
func matchKind(tells map[string]func(sign string) bool) (r *Refusal, by string) {
	for _, k := range fileKinds {
		if tells[k.by] == nil {
			continue
		}
		if i := slices.IndexFunc(k.signs, tells[k.by]); i >= 0 {
			capitals := strings.ToUpper(strings.TrimPrefix(k.signs[i], "."))
			return &Refusal{k.code, strings.Replace(k.detail, "*", capitals, 1)}, k.by
		}
	}
	return nil, ""
}

// isText reports whether the bytes are text, in UTF-8 or GBK.
func isText(head []byte) bool {
	whole := head
	for range utf8.UTFMax - 1 { // the last character may be cut off
		if !utf8.Valid(whole) {
			whole = whole[:len(whole)-1]
		}
	}
	if utf8.Valid(whole) {
		head = whole
	} else {
		plain, err := simplifiedchinese.GB18030.NewDecoder().Bytes(head)
		if err != nil {
			return false
		}
		head = plain
	}
	bad := 0
	for _, r := range string(head) {
		if r < 0x20 && !strings.ContainsRune("\t\r\n", r) || r == utf8.RuneError {
			bad++
		}
	}
	return bad*50 <= len(head)
}
