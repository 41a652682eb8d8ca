"""Planning: from the CT image and the needle to the irradiation time and the dose."""
