package intake

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

	CodeDefeats = "LHT-1-022" // the program itself failed on it

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
	CodeServes     = "LHT-1-054" // a paper of the program's own, or one that is read for something else
)
