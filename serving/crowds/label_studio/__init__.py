"""Label Studio: its formats are spoken, its software is not needed."""

from serving.crowds.label_studio.annotations import Annotations, annotations, load_annotations
from serving.crowds.label_studio.project import CROWD, configuration, data_uri, project_of, task, write_projects

__all__ = [
    "CROWD",
    "Annotations",
    "annotations",
    "configuration",
    "data_uri",
    "load_annotations",
    "project_of",
    "task",
    "write_projects",
]
