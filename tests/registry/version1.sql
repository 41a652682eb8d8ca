-- The registry file of the six synthetic example patients as kyphort 0.1.0 (commit 3901cc6) wrote it,
-- before tables had migrations: sqlite3's dump, with the two numbers of its header. 2026-11-25, Apache-2.0.
PRAGMA application_id = 1803120498;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE adverse_event (
	patient_id TEXT NOT NULL, 
	onset_date TEXT NOT NULL, 
	term TEXT NOT NULL, 
	ctcae_grade INTEGER NOT NULL CHECK (ctcae_grade BETWEEN 1 AND 5), 
	ctcae_version TEXT NOT NULL, 
	serious INTEGER NOT NULL, 
	relatedness TEXT NOT NULL, 
	resolved_date TEXT, 
	PRIMARY KEY (patient_id, onset_date, term), 
	FOREIGN KEY(patient_id) REFERENCES patient (patient_id)
)
 STRICT

;
INSERT INTO "adverse_event" VALUES('SYN-E02','2017-04-21','Wound infection',2,'5.0',0,'related','2017-05-05');
INSERT INTO "adverse_event" VALUES('SYN-E05','2019-02-03','Nerve root irritation',3,'5.0',1,'related','2019-02-20');
CREATE TABLE assessment (
	patient_id TEXT NOT NULL, 
	visit_date TEXT NOT NULL, 
	level TEXT NOT NULL, 
	reader TEXT NOT NULL, 
	local_status TEXT NOT NULL, 
	new_fracture TEXT NOT NULL, 
	adjacent_fracture TEXT NOT NULL, 
	epidural_status TEXT NOT NULL, 
	adjacent_status TEXT NOT NULL, 
	PRIMARY KEY (patient_id, visit_date, level, reader), 
	FOREIGN KEY(patient_id, visit_date) REFERENCES visit (patient_id, visit_date), 
	FOREIGN KEY(patient_id, level) REFERENCES vertebra (patient_id, level)
)
 STRICT

;
INSERT INTO "assessment" VALUES('SYN-E01','2017-06-12','T12','A','none','absent','absent','none','none');
INSERT INTO "assessment" VALUES('SYN-E01','2017-06-12','L1','A','none','absent','absent','none','none');
INSERT INTO "assessment" VALUES('SYN-E01','2018-03-14','T12','A','none','absent','absent','not_assessable','none');
INSERT INTO "assessment" VALUES('SYN-E01','2018-03-14','L1','A','none','absent','present','not_assessable','none');
INSERT INTO "assessment" VALUES('SYN-E02','2017-07-24','L3','A','none','absent','absent','none','none');
INSERT INTO "assessment" VALUES('SYN-E02','2017-10-23','L3','A','indeterminate','absent','absent','none','none');
INSERT INTO "assessment" VALUES('SYN-E03','2017-08-28','T8','A','not_assessable','not_assessed','absent','not_assessable','none');
INSERT INTO "assessment" VALUES('SYN-E04','2017-12-11','L2','A','none','absent','absent','none','none');
INSERT INTO "assessment" VALUES('SYN-E04','2018-09-10','L2','A','progression','absent','absent','none','none');
INSERT INTO "assessment" VALUES('SYN-E04','2018-09-10','L2','B','none','absent','absent','none','none');
INSERT INTO "assessment" VALUES('SYN-E04','2018-09-10','L2','adjudicated','progression','absent','absent','none','none');
INSERT INTO "assessment" VALUES('SYN-E04','2019-03-11','L2','A','none','absent','absent','none','none');
INSERT INTO "assessment" VALUES('SYN-E05','2018-05-07','T10','A','none','absent','absent','none','none');
INSERT INTO "assessment" VALUES('SYN-E05','2019-05-06','T10','A','none','absent','absent','none','progression');
INSERT INTO "assessment" VALUES('SYN-E05','2019-05-06','L4','A','none','present','absent','none','none');
CREATE TABLE dataset (
	id INTEGER NOT NULL CHECK (id = 1), 
	name TEXT NOT NULL, 
	data_cut_off TEXT NOT NULL, 
	synthetic INTEGER NOT NULL CHECK (synthetic IN (0, 1)), 
	provenance TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "dataset" VALUES(1,'Example: six synthetic patients','2020-12-31',1,'SYNTHETIC: no row describes a real person. Made up to show how the files are filled.');
CREATE TABLE patient (
	patient_id TEXT NOT NULL, 
	sex TEXT NOT NULL, 
	age_years INTEGER NOT NULL CHECK (age_years BETWEEN 0 AND 120), 
	entity TEXT NOT NULL, 
	last_contact_date TEXT NOT NULL, 
	death_date TEXT, 
	death_relatedness TEXT NOT NULL, 
	PRIMARY KEY (patient_id)
)
 STRICT

;
INSERT INTO "patient" VALUES('SYN-E01','female',63,'Breast cancer','2019-06-14',NULL,'unknown');
INSERT INTO "patient" VALUES('SYN-E02','male',71,'Prostate cancer','2018-01-20','2018-01-20','unrelated');
INSERT INTO "patient" VALUES('SYN-E03','female',58,'Lung cancer','2017-11-02','2017-11-02','unrelated');
INSERT INTO "patient" VALUES('SYN-E04','male',66,'Renal cell cancer','2020-09-30',NULL,'unknown');
INSERT INTO "patient" VALUES('SYN-E05','female',49,'Breast cancer','2020-12-01',NULL,'unknown');
INSERT INTO "patient" VALUES('SYN-E06','male',77,'unknown','2018-07-15',NULL,'unknown');
CREATE TABLE vertebra (
	patient_id TEXT NOT NULL, 
	level TEXT NOT NULL, 
	procedure_date TEXT NOT NULL, 
	dose_gy REAL NOT NULL CHECK (dose_gy > 0), 
	distance_mm REAL NOT NULL CHECK (distance_mm > 0), 
	distance_reference TEXT NOT NULL, 
	reporting_quantity TEXT NOT NULL, 
	calibration_dataset TEXT NOT NULL, 
	preexisting_fracture INTEGER, 
	retreatment_date TEXT, 
	PRIMARY KEY (patient_id, level), 
	FOREIGN KEY(patient_id) REFERENCES patient (patient_id)
)
 STRICT

;
INSERT INTO "vertebra" VALUES('SYN-E01','T12','2017-03-08',8.0,13.0,'isocentre','water','V4.0',0,NULL);
INSERT INTO "vertebra" VALUES('SYN-E01','L1','2017-03-08',8.0,11.0,'isocentre','water','V4.0',1,NULL);
INSERT INTO "vertebra" VALUES('SYN-E02','L3','2017-04-19',8.0,8.0,'isocentre','water','V4.0',0,NULL);
INSERT INTO "vertebra" VALUES('SYN-E03','T8','2017-05-22',8.0,13.0,'isocentre','water','V4.0',NULL,NULL);
INSERT INTO "vertebra" VALUES('SYN-E04','L2','2017-09-11',8.0,13.0,'isocentre','water','V4.0',1,'2018-10-08');
INSERT INTO "vertebra" VALUES('SYN-E05','T10','2018-02-05',8.0,13.0,'isocentre','water','V4.0',0,NULL);
INSERT INTO "vertebra" VALUES('SYN-E05','L4','2019-01-28',8.0,13.0,'isocentre','water','V4.0',0,NULL);
INSERT INTO "vertebra" VALUES('SYN-E06','L5','2018-06-04',8.0,8.0,'isocentre','water','V4.0',0,NULL);
CREATE TABLE visit (
	patient_id TEXT NOT NULL, 
	visit_date TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	modality TEXT NOT NULL, 
	pain_nrs REAL CHECK (pain_nrs BETWEEN 0 AND 10), 
	omed_mg REAL CHECK (omed_mg >= 0), 
	PRIMARY KEY (patient_id, visit_date), 
	FOREIGN KEY(patient_id) REFERENCES patient (patient_id)
)
 STRICT

;
INSERT INTO "visit" VALUES('SYN-E01','2017-03-06','baseline','none',8.0,60.0);
INSERT INTO "visit" VALUES('SYN-E01','2017-06-12','planned','MRI',3.0,20.0);
INSERT INTO "visit" VALUES('SYN-E01','2018-03-14','planned','CT',2.0,0.0);
INSERT INTO "visit" VALUES('SYN-E02','2017-04-18','baseline','none',7.0,40.0);
INSERT INTO "visit" VALUES('SYN-E02','2017-07-24','planned','MRI',4.0,40.0);
INSERT INTO "visit" VALUES('SYN-E02','2017-10-23','planned','MRI',5.0,60.0);
INSERT INTO "visit" VALUES('SYN-E03','2017-05-19','baseline','none',9.0,120.0);
INSERT INTO "visit" VALUES('SYN-E03','2017-08-28','planned','CT',NULL,NULL);
INSERT INTO "visit" VALUES('SYN-E04','2017-09-08','baseline','none',6.0,30.0);
INSERT INTO "visit" VALUES('SYN-E04','2017-12-11','planned','MRI',1.0,0.0);
INSERT INTO "visit" VALUES('SYN-E04','2018-09-10','planned','MRI',6.0,30.0);
INSERT INTO "visit" VALUES('SYN-E04','2019-03-11','planned','MRI',2.0,10.0);
INSERT INTO "visit" VALUES('SYN-E05','2018-02-02','baseline','none',5.0,NULL);
INSERT INTO "visit" VALUES('SYN-E05','2018-05-07','planned','MRI',2.0,NULL);
INSERT INTO "visit" VALUES('SYN-E05','2019-05-06','planned','MRI',3.0,NULL);
INSERT INTO "visit" VALUES('SYN-E06','2018-06-20','unscheduled','none',4.0,20.0);
COMMIT;
