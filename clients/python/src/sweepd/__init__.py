from ._errors import ServerError, SweepdError
