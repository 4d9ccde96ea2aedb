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

// MaxFile bounds what is read of a file.
const MaxFile = ooxml.MaxFile

// Refusal is why a file can't be used: a code of the catalogue, and what exactly, for a person.
type Refusal struct {
	Code   string
	Detail string
}

// fate is the file's: codes from 050 on say that it is no submission.
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

// unpack gives the parts of a workbook's container: with ooxml.Open, proven whole.
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
		return nil, damaged(err, "")
	}
	return p, nil
}

// kind refuses containers that hold something other than a workbook; main is the content type of the main part.
func kind(p *ooxml.Parts, main string) *Refusal {
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

// codes of the faults that a container can have.
var codes = map[ooxml.Kind]string{ooxml.Incomplete: CodeIncomplete, ooxml.Damaged: CodeDamaged,
	ooxml.Encrypted: CodeEncrypted, ooxml.OldOffice: CodeOldExcel, ooxml.Inflates: CodeInflates,
	ooxml.Excessive: CodeManyParts}

// damaged turns the fault of a container, or of one of its parts, into a refusal.
func damaged(err error, part string) *Refusal {
	f, ok := errors.AsType[*ooxml.Fault](err)
	if !ok {
		return refuse(CodeDamaged, "%v", err)
	}
	if part != "" && f.Kind == ooxml.Damaged {
		return refuse(CodeDamaged, "%s：%s", path.Base(part), f.Detail)
	}
	return &Refusal{codes[f.Kind], f.Detail}
}

// wrong is what a part says that can't be; tooMany is more of something than a form can have.
func wrong(what string) error   { return &ooxml.Fault{Kind: ooxml.Damaged, Detail: what} }
func tooMany(what string) error { return &ooxml.Fault{Kind: ooxml.Excessive, Detail: what} }

// headSize is how much of a file tells its kind.
const headSize = 4096

// sniff tells by the first bytes what a file is that is not a container of parts.
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
	known, _ := kindOf(map[string]func(string) bool{
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

// kindOf finds the kind that some sign tells of, and by what; nil: none.
func kindOf(tells map[string]func(sign string) bool) (r *Refusal, by string) {
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

// isText says whether the bytes are readable text, in UTF-8 or GBK.
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
