"""Training as a job: judged at past cutoffs, kept, and read back."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError, NotFoundError
from core.models import stored, train_job
from core.models.registry import crown, in_use, load, predictor_of, predictors_of, uncrown
from core.models.suite import SuiteSpec
from core.models.train_job import TrainRun, TrainSpec, read_run
from core.settings import Settings
from core.workspace.records import By, NewDataset, Version, Written
from core.workspace.results import ResultKey, kept
from core.workspace.store import Workspace
from tests.core.models.test_panel import shop
